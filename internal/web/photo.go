package web

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// The page on which a participant sends a photograph. Whoever opens it comes by a
// link, /photo/{token}, which leaves the token in a cookie and leads to /photo.

const (
	photoPath   = "/photo"
	photoCookie = "placard_photo"
	// photoLife is how long a link that was opened stays open at the most.
	photoLife = 8 * time.Hour
	// maxToken is how long the token of a link may be.
	maxToken = 256
	// maxPhoto is how large a photograph may be, in bytes, as the contract has it.
	maxPhoto = 10 << 20
	// maxPhotoRead is how much of a form with a photograph is read, in bytes. What
	// is too large is read and thrown away: a browser shows an answer only to what
	// it could send, and cameras make files of this size.
	maxPhotoRead = 32 << 20
)

// photoPolicy lets the page show the picture that was chosen in it, too.
var photoPolicy = strings.Replace(policy, "img-src 'self'", "img-src 'self' blob:", 1)

// errNoLink is answered where nobody came by a link, or the link has ended.
var errNoLink = errors.New("there is no link")

// ofPhoto tells whether a request is one for the page of the photograph.
func ofPhoto(r *http.Request) bool {
	return r.URL.Path == photoPath || strings.HasPrefix(r.URL.Path, photoPath+"/")
}

// photoPage makes a handler of the page of the photograph.
func (s *Site) photoPage(show func(*visit) error) http.Handler {
	return s.page(func(v *visit) error {
		h := v.w.Header()
		h.Set("Content-Security-Policy", photoPolicy)
		h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		err := show(v)
		if err != nil && v.r.Method == http.MethodPost {
			readAway(v)
		}
		switch code := status.Code(err); {
		case reasonOf(err) == "LINK_EXPIRED":
			return s.showNoLink(v, "expired")
		case reasonOf(err) == "LINK_REVOKED":
			return s.showNoLink(v, "revoked")
		case code == codes.Unauthenticated, code == codes.NotFound:
			return s.showNoLink(v, "ended")
		case errors.Is(err, errNoLink):
			return s.showNoLink(v, "none")
		}
		return err
	})
}

// readAway reads the rest of a body, so that the browser reads the answer.
func readAway(v *visit) { _, _ = io.Copy(io.Discard, v.r.Body) }

// noLinkPage says what to do without a link that works.
type noLinkPage struct {
	frame
	// Why is why there is none: nobody came by one ("none"), it is one no more
	// ("expired", "revoked"), it is none ("ended"), the reader has "left".
	Why string
}

// Says is what is said of it first.
func (p noLinkPage) Says() template.HTML { return p.T("photo.link." + p.Why) }

func (s *Site) showNoLink(v *visit, why string) error {
	setCookieUnder(v.w, v.r, photoPath, photoCookie, "", removed)
	v.session = session{}
	title := "photo.link.title." + why
	if !v.words.has(title) {
		title = "photo.link.title.ended"
	}
	p := noLinkPage{frame: s.frame(v, v.words.P(title), &url.URL{Path: photoPath}), Why: why}
	if why == "left" {
		p.address = &url.URL{Path: photoPath, RawQuery: "done=left"}
		return s.show(v, http.StatusOK, "photo_link", p)
	}
	p.Wrong = true
	return s.show(v, http.StatusNotFound, "photo_link", p)
}

// comeByLink opens a link. It changes nothing but the cookie of whoever asks: the
// programs that look at links in messages open them too.
func (s *Site) comeByLink(v *visit) error {
	token := v.r.PathValue("token")
	if len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return s.showNoLink(v, "ended")
	}
	caller, err := s.callers.GetCaller(v.with(token), &placardv1.GetCallerRequest{})
	if err != nil {
		return err
	}
	now, life := s.cfg.Now(), photoLife
	if until := caller.GetExpireTime(); until != nil {
		life = min(life, until.AsTime().Sub(now))
	}
	if caller.GetRole() != placardv1.Access_LINK || life < time.Second {
		return s.showNoLink(v, "ended")
	}
	sealed, err := s.sealer.seal(photoCookie, session{
		ID: rand.Text(), Key: token, Participant: caller.GetPrincipal(), Expires: now.Add(life).Unix(),
	})
	if err != nil {
		return err
	}
	setCookieUnder(v.w, v.r, photoPath, photoCookie, sealed, life)
	return redirect(v, photoPath)
}

// photoPage is the page on which a participant sends a photograph.
type photoPage struct {
	frame
	Meeting     *placardv1.Meeting
	Participant *placardv1.Participant
	Photo       *placardv1.Photo
	Entity      *placardv1.ShownText
	// Deadline is that for photographs, nil for none.
	Deadline *due

	// Notice says what was done, Problem what was not; "" for nothing.
	Notice, Problem template.HTML
	// Anchor is the id of what has to be put right.
	Anchor string
}

// Name is how the participant is called.
func (p *photoPage) Name() string {
	return strings.TrimSpace(p.Participant.GetHonorific() + " " + p.Participant.GetDisplayName())
}

// LatinName is the name in Latin script, where it is in another one.
func (p *photoPage) LatinName() string {
	return strings.TrimSpace(p.Participant.GetLatinGivenName() + " " + p.Participant.GetLatinFamilyName())
}

// For is the id of the participant. A form holds it: another link may have been
// opened in the browser since.
func (p *photoPage) For() string { return path.Base(p.Participant.GetName()) }

// Open tells whether a photograph may be sent or taken back.
func (p *photoPage) Open() bool { return p.Meeting.GetState() != placardv1.Meeting_CONCLUDED }

// Picture is the address of the picture that there is, "" for none.
func (p *photoPage) Picture() string {
	switch p.Photo.GetState() {
	case placardv1.Photo_UPLOADED, placardv1.Photo_ACCEPTED, placardv1.Photo_REJECTED:
		return photoPath + "/picture?state=" + url.QueryEscape(p.Photo.GetEtag())
	default:
		return ""
	}
}

// readPhoto reads all that the page shows, and finds out its language: the one
// that the reader has chosen, else the participant's, else the browser's.
func (s *Site) readPhoto(v *visit) (*photoPage, error) {
	own := v.session.Participant
	if own == "" {
		return nil, errNoLink
	}
	p := &photoPage{}
	var err error
	if p.Participant, err = s.participants.GetParticipant(v.context(), &placardv1.GetParticipantRequest{Name: own}); err != nil {
		return nil, err
	}
	if w := s.words[p.Participant.GetLanguage()]; w != nil && !v.chosen {
		v.words, v.r = w, v.r.WithContext(locale.With(v.r.Context(), []string{w.Lang}))
	}
	if p.Participant.GetState() == placardv1.Participant_WITHDRAWN {
		return nil, status.Error(codes.NotFound, "the participant was withdrawn")
	}
	ctx := v.context()
	if p.Photo, err = s.photos.GetPhoto(ctx, &placardv1.GetPhotoRequest{Name: own + "/photo"}); err != nil {
		return nil, err
	}
	parts := strings.Split(own, "/")
	if len(parts) != 6 {
		return nil, fmt.Errorf("the link is for %q, which is no participant", own)
	}
	if p.Meeting, err = s.meetings.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: strings.Join(parts[:2], "/")}); err != nil {
		return nil, err
	}
	entity, err := s.entities.GetEntity(ctx, &placardv1.GetEntityRequest{Name: "entities/" + parts[3]})
	if err != nil {
		return nil, err
	}
	p.Entity = nameOn(map[string]*placardv1.Entity{entity.GetName(): entity}, entity.GetName(), p.Meeting.GetStartDate(), v.words.Lang)
	for _, d := range dueOf(p.Meeting, s.cfg.Now()) {
		if d.GetKind() == placardv1.Meeting_Deadline_PHOTO {
			p.Deadline = &d
		}
	}
	zone, err := time.LoadLocation(p.Meeting.GetTimeZone())
	if err != nil {
		zone = time.UTC
	}
	v.words = v.words.at(zone)
	p.frame = s.frame(v, v.words.P("photo.title"), &url.URL{Path: photoPath})
	return p, nil
}

func (s *Site) showPhoto(v *visit) error {
	done := v.r.URL.Query().Get("done")
	if done == "left" && v.session.Key == "" {
		return s.showNoLink(v, done)
	}
	p, err := s.readPhoto(v)
	if err != nil {
		return err
	}
	switch state := p.Photo.GetState(); {
	case done == "sent" && state == placardv1.Photo_UPLOADED:
		p.Notice = v.words.T("photo.done.sent")
	case done == "withdrawn" && state == placardv1.Photo_WITHDRAWN:
		p.Notice = v.words.T("photo.done.withdrawn")
	}
	return s.show(v, http.StatusOK, "photo", p)
}

// refusePhoto shows the page again, with why nothing was done.
func (s *Site) refusePhoto(v *visit, p *photoPage, answer int, problem template.HTML, anchor string) error {
	readAway(v)
	p.Wrong, p.Problem, p.Anchor = true, problem, anchor
	return s.show(v, answer, "photo", p)
}

// sendPhoto takes a photograph from a form. The file stays in memory: nothing of
// it is left where it is not looked for.
func (s *Site) sendPhoto(v *visit) error {
	p, err := s.readPhoto(v) // before the file is read, for somebody who may send it
	if err != nil {
		return err
	}
	if !p.Open() {
		return s.refusePhoto(v, p, http.StatusConflict, v.words.T("photo.concluded"), "state")
	}
	size := int64(maxPhoto)
	if v.r.ContentLength >= 0 {
		size = min(size, v.r.ContentLength)
	}
	leave, err := s.cfg.MakeRoom(v.w, v.r, p.Participant.GetName(), int(size))
	if err != nil {
		return err
	}
	defer leave()
	form, err := readPhotoForm(v.r, int(size))
	refuse := func(answer int, key string, pairs ...any) error {
		return s.refusePhoto(v, p, answer, v.words.T("photo.problem."+key, pairs...), "file")
	}
	switch {
	case errors.Is(err, errTooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "FILE_TOO_LARGE")
	case err != nil:
		return refuse(http.StatusBadRequest, "interrupted")
	case form.participant != p.For():
		return refuse(http.StatusConflict, "other_person", "name", p.Name())
	case len(form.content) == 0:
		return refuse(http.StatusUnprocessableEntity, "none")
	}
	_, err = s.photos.UploadPhoto(v.context(), &placardv1.UploadPhotoRequest{
		Name: p.Photo.GetName(), Content: &httpbody.HttpBody{Data: form.content},
	})
	switch code := status.Code(err); {
	case code == codes.InvalidArgument:
		return s.refusePhoto(v, p, http.StatusUnprocessableEntity, pictureProblem(v.words, err, form.content), "file")
	case code == codes.FailedPrecondition:
		return s.refusePhoto(v, p, http.StatusConflict, localized(v.words, err), "state")
	case err != nil:
		return err
	}
	return redirect(v, photoPath+"?done=sent")
}

// photoForm is the form with a photograph.
type photoForm struct {
	// participant is the id of whom it is for.
	participant string
	content     []byte
}

// readPhotoForm reads a form with a photograph, which has a size at the most: the
// first file in it that is not empty.
func readPhotoForm(r *http.Request, size int) (form photoForm, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return form, nil // no file
	}
	large := false
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return form, formError(err)
		}
		switch part.FormName() {
		case "for":
			text, err := io.ReadAll(io.LimitReader(part, maxToken))
			if err != nil {
				return form, formError(err)
			}
			form.participant = string(text)
		case "photo":
			if len(form.content) > 0 {
				continue
			}
			// In one piece: what grows while it is read takes twice the room.
			file := bytes.NewBuffer(make([]byte, 0, size+1+bytes.MinRead))
			if _, err := file.ReadFrom(io.LimitReader(part, maxPhoto+1)); err != nil {
				return form, formError(err)
			}
			form.content = file.Bytes()
			large = len(form.content) > maxPhoto
		}
	}
	if large {
		return form, errTooLarge
	}
	return form, nil
}

func formError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	return fmt.Errorf("read a form: %w", err)
}

// pictureProblem says why a file is not taken, and what to do.
func pictureProblem(w *words, err error, content []byte) template.HTML {
	reason := reasonOf(err)
	if reason == "PICTURE_TYPE" && isHEIC(content) {
		return w.T("photo.problem.heic")
	}
	if key := "photo.problem." + reason; w.has(key) {
		return w.T(key)
	}
	return localized(w, err)
}

// isHEIC tells whether a file is a picture as telephones of Apple save it (ISO/IEC
// 23008-12): the brand stands behind `ftyp`.
func isHEIC(content []byte) bool {
	if len(content) < 12 || !bytes.Equal(content[4:8], []byte("ftyp")) {
		return false
	}
	switch string(content[8:12]) {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return true
	default:
		return false
	}
}

// showPicture answers the picture that there is.
func (s *Site) showPicture(v *visit) error {
	if v.session.Participant == "" {
		return errNoLink
	}
	got, err := s.photos.DownloadPhoto(v.context(), &placardv1.DownloadPhotoRequest{Name: v.session.Participant + "/photo"})
	if status.Code(err) == codes.NotFound {
		return errNotFound // it was taken back meanwhile
	}
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	v.w.Header().Set("Content-Type", got.GetContentType())
	_, _ = v.w.Write(got.GetData()) // if it fails the reader is gone
	return nil
}

func (s *Site) withdrawPhoto(v *visit) error {
	p, err := s.readPhoto(v)
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	if form.Get("for") != p.For() {
		return s.refusePhoto(v, p, http.StatusConflict, v.words.T("photo.problem.other_person", "name", p.Name()), "state")
	}
	_, err = s.photos.WithdrawPhoto(v.context(), &placardv1.WithdrawPhotoRequest{Name: p.Photo.GetName(), Etag: form.Get("etag")})
	switch code := status.Code(err); {
	case code == codes.FailedPrecondition, code == codes.Aborted:
		return s.refusePhoto(v, p, http.StatusConflict, localized(v.words, err), "state")
	case err != nil:
		return err
	}
	return redirect(v, photoPath+"?done=withdrawn")
}

// leavePhoto forgets the link, for whoever shares a device with others.
func (s *Site) leavePhoto(v *visit) error {
	setCookieUnder(v.w, v.r, photoPath, photoCookie, "", removed)
	return redirect(v, photoPath+"?done=left")
}
