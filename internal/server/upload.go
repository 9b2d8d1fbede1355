package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/answer"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// Some requests carry a file, and may be larger than others. Both doors receive
// such a request only for a caller with a valid key and a role that may send it,
// once there is room for it in memory, and not for ever.

// upload is a method whose request carries a file: it has a field of the type
// google.api.HttpBody for which the contract gives a size (`max_bytes`).
type upload struct {
	content protoreflect.FieldDescriptor
	// limit is the size of the largest file, in bytes.
	limit int
}

// maxBeside is how large a message may be beside the file in it, in bytes.
const maxBeside = 64 << 10

// uploadOf answers the file that a request carries, nil for none.
func uploadOf(request protoreflect.MessageDescriptor) *upload {
	for i := range request.Fields().Len() {
		f := request.Fields().Get(i)
		if limit, _ := proto.GetExtension(f.Options(), placardv1.E_MaxBytes).(int64); limit > 0 {
			return &upload{content: f, limit: int(limit)}
		}
	}
	return nil
}

// uploadsOf answers the methods that carry a file, by the names that gRPC calls
// them.
func uploadsOf(methods []protoreflect.MethodDescriptor) map[string]*upload {
	found := map[string]*upload{}
	for _, m := range methods {
		if up := uploadOf(m.Input()); up != nil {
			found[fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())] = up
		}
	}
	return found
}

func (up *upload) tooLarge() error {
	return fault.Invalid(fault.Violation{
		Field: string(up.content.Name()), Reason: "FILE_TOO_LARGE",
		Message: fmt.Sprintf("is larger than %d bytes", up.limit),
	})
}

const (
	// roomOfAll is how many bytes of files may be on their way in at once, roomOfOne
	// how many of one principal, and roomOfGuest of one participant who came by a
	// link, as very many may. Further ones wait.
	roomOfAll   = 128 << 20
	roomOfOne   = 64 << 20
	roomOfGuest = 16 << 20
	// A file has this long to arrive, and a second more for this many bytes.
	arrivalTime = time.Minute
	arrivalRate = 64 << 10
)

func arrival(size int) time.Duration {
	return arrivalTime + time.Duration(size/arrivalRate)*time.Second
}

// room bounds the memory of the files that are on their way in.
type room struct {
	all *semaphore.Weighted

	mu  sync.Mutex
	own map[string]*share
}

// share is what one principal has of the room.
type share struct {
	*semaphore.Weighted
	// users is how many uploads are in it or wait for it.
	users int
}

func newRoom() *room {
	return &room{all: semaphore.NewWeighted(roomOfAll), own: map[string]*share{}}
}

// enter waits until there is room for a file of a principal, as long as it is
// given. Whoever enters leaves.
func (r *room) enter(ctx context.Context, principal string, size int, wait time.Duration) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	own := r.share(principal)
	if err := own.Acquire(ctx, int64(size)); err != nil {
		r.forget(principal, own)
		return nil, full(err)
	}
	if err := r.all.Acquire(ctx, int64(size)); err != nil {
		own.Release(int64(size))
		r.forget(principal, own)
		return nil, full(err)
	}
	return func() {
		r.all.Release(int64(size))
		own.Release(int64(size))
		r.forget(principal, own)
	}, nil
}

func (r *room) share(principal string) *share {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := r.own[principal]
	if own == nil {
		size := int64(roomOfOne)
		if name.ParticipantOf(principal) != "" {
			size = roomOfGuest
		}
		own = &share{Weighted: semaphore.NewWeighted(size)}
		r.own[principal] = own
	}
	own.users++
	return own
}

func (r *room) forget(principal string, own *share) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(r.own, principal)
	}
}

func full(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.New(codes.Unavailable, "UNAVAILABLE", "too many files are being received: try again", answer.RetryAfter, "5")
}

func compressed() error { return malformed("a file is sent as it is, not compressed") }

// slow answers that a file took longer than it may.
func slow() error {
	return fault.New(codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "the file took too long to arrive")
}

// rawBody is the file that a request of REST has as its body. The decoder takes
// it as it is, so whoever reads it finds nothing.
type rawBody struct{ content []byte }

func (*rawBody) Read([]byte) (int, error) { return 0, io.EOF }
func (*rawBody) Close() error             { return nil }

// into puts the file where the gateway wants it.
func (b *rawBody) into(v any) error {
	body, ok := v.(**httpbody.HttpBody)
	if !ok {
		return fmt.Errorf("a file as %T", v)
	}
	*body = &httpbody.HttpBody{Data: b.content}
	return nil
}

// receiveBody receives the file that is the body of a request, whatever its
// media type. Until `leave` is called it has its room.
func (s *Server) receiveBody(w http.ResponseWriter, r *http.Request, up *upload, principal string) (_ *rawBody, leave func(), err error) {
	if !plain(r) {
		return nil, nil, compressed()
	}
	r.Header.Set("Content-Type", "application/octet-stream") // the gateway would read a form
	if r.ContentLength == 0 {
		return &rawBody{}, func() {}, nil
	}
	if r.ContentLength > int64(up.limit) {
		w.Header().Set("Connection", "close") // the rest of it is not read
		return nil, nil, up.tooLarge()
	}
	size := int(r.ContentLength)
	if size < 0 {
		size = up.limit
	}
	if leave, err = s.room.enter(r.Context(), principal, size, s.cfg.Limits.Deadline); err != nil {
		return nil, nil, err
	}
	content, err := readFile(w, r, up, size)
	if err != nil {
		leave()
		return nil, nil, err
	}
	return &rawBody{content}, leave, nil
}

// readFile reads the body of a request, of which at most `size` bytes come.
func readFile(w http.ResponseWriter, r *http.Request, up *upload, size int) (content []byte, err error) {
	end, err := giveTime(w, size)
	if err != nil {
		return nil, err
	}
	if r.ContentLength > 0 {
		content = make([]byte, size)
		_, err = io.ReadFull(r.Body, content)
	} else {
		// In one piece: what grows while it is read takes twice the room.
		whole := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
		_, err = whole.ReadFrom(http.MaxBytesReader(w, r.Body, int64(size)))
		content = whole.Bytes()
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return content, nil
	case errors.As(err, &large):
		return nil, up.tooLarge()
	case time.Now().After(end):
		return nil, slow()
	default:
		return nil, malformed("the body ended early")
	}
}

// giveTime gives the body of a request, with a file of a size, the time that it has
// to arrive, and answers when that ends.
func giveTime(w http.ResponseWriter, size int) (end time.Time, err error) {
	end = time.Now().Add(arrival(size))
	conn := http.NewResponseController(w)
	if err := errors.Join(conn.SetReadDeadline(end), conn.SetWriteDeadline(end.Add(streamDeadline))); err != nil {
		return end, fmt.Errorf("give a file time to arrive: %w", err)
	}
	return end, nil
}

// makeRoom waits for the room of a file that comes in a form of a page, and gives
// it the time to arrive.
func (s *Server) makeRoom(w http.ResponseWriter, r *http.Request, principal string, size int) (leave func(), err error) {
	leave, err = s.room.enter(r.Context(), principal, size, s.cfg.Limits.Deadline)
	if err != nil {
		return nil, s.status(r.Context(), faultOf(r.Context(), err)).Err()
	}
	if _, err := giveTime(w, size); err != nil {
		leave()
		return nil, s.status(r.Context(), faultOf(r.Context(), err)).Err()
	}
	return leave, nil
}

// receiving registers services with gRPC so that their uploads are received by
// receiveMessage. gRPC by itself has one limit for the messages of all methods,
// and receives a message before anybody asks who sends it.
type receiving struct {
	*grpc.Server
	s   *Server
	way station
}

// RegisterService implements grpc.ServiceRegistrar. On the wire a method with
// one request and one answer is the same as a stream of one each.
func (r receiving) RegisterService(service *grpc.ServiceDesc, impl any) {
	own := *service
	own.Methods, own.Streams = nil, slices.Clone(service.Streams)
	for _, m := range service.Methods {
		up := r.s.uploads["/"+service.ServiceName+"/"+m.MethodName]
		if up == nil {
			own.Methods = append(own.Methods, m)
			continue
		}
		own.Streams = append(own.Streams, grpc.StreamDesc{StreamName: m.MethodName, Handler: r.handler(m, up)})
	}
	r.Server.RegisterService(&own, impl)
}

// handler receives the request of an upload, and then goes the way of all calls.
func (r receiving) handler(m grpc.MethodDesc, up *upload) grpc.StreamHandler {
	return func(srv any, ss grpc.ServerStream) error {
		var came arrived
		defer came.end()
		ctx := context.WithValue(ss.Context(), arrivedKey{}, &came)
		answer, err := m.Handler(srv, ctx, func(request any) error {
			to, ok := request.(proto.Message)
			if !ok {
				return fmt.Errorf("%T is not a message", request)
			}
			came.leave, came.err = r.s.receiveMessage(ss, up, to)
			return nil
		}, r.way.unary)
		if err != nil {
			return err
		}
		return ss.SendMsg(answer)
	}
}

// uploadsAside lets uploads pass by the stations of streams: they are no
// streams, and handler leads them past those of calls.
func (s *Server) uploadsAside(next grpc.StreamServerInterceptor) grpc.StreamServerInterceptor {
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		if s.uploads[info.FullMethod] != nil {
			return handler(srv, ss)
		}
		return next(srv, ss, info, handler)
	}
}

type arrivedKey struct{}

// arrived says how the request of an upload came in. It was received before the
// call began its way, on which the station `decoded` refuses it.
type arrived struct {
	err   error
	leave func()
}

func (a *arrived) end() {
	if a.leave != nil {
		a.leave()
	}
}

// arrivedWith is why the request of a call could not be received, or nil.
func arrivedWith(ctx context.Context) error {
	if a, ok := ctx.Value(arrivedKey{}).(*arrived); ok {
		return a.err
	}
	return nil
}

// wire is the stream of gRPC's transport, by which a message can be received
// with another limit than the server's. A test holds gRPC to having it.
type wire interface {
	ReadMessageHeader(header []byte) error
	Read(n int) (mem.BufferSlice, error)
}

// receiveMessage receives the request of an upload. Until `leave` is called it
// has its room; for whom it is not received, the station `authenticate` says.
func (s *Server) receiveMessage(ss grpc.ServerStream, up *upload, to proto.Message) (leave func(), err error) {
	ctx := ss.Context()
	who, err := s.principal(ctx, header(ctx, "authorization"))
	if err != nil {
		return nil, err
	}
	method, _ := grpc.MethodFromServerStream(ss)
	if err := s.cfg.Contract.May(who, method); err != nil {
		return nil, err
	}
	from, ok := grpc.ServerTransportStreamFromContext(ctx).(wire)
	if !ok {
		return nil, errors.New("the transport of gRPC does not let messages be received")
	}
	var prefix [5]byte // whether it is compressed, and its size
	if err := from.ReadMessageHeader(prefix[:]); err != nil {
		return nil, malformed("the message ended early")
	}
	size := int(binary.BigEndian.Uint32(prefix[1:]))
	switch {
	case prefix[0] != 0:
		return nil, compressed()
	case size > up.limit+maxBeside:
		return nil, up.tooLarge()
	}
	if leave, err = s.room.enter(ctx, who.Name(), size, s.cfg.Limits.Deadline); err != nil {
		return nil, err
	}
	text, err := receive(from, size)
	if err != nil {
		leave()
		return nil, err
	}
	size, err = up.decode(text, to)
	switch {
	case err != nil:
		markUndecoded(to)
	case size > up.limit:
		return leave, up.tooLarge()
	}
	return leave, nil
}

// decode decodes a request without copying the file in it, and answers the size
// of that.
func (up *upload) decode(text []byte, to proto.Message) (size int, err error) {
	beside, body, err := cut(text, up.content.Number())
	if err != nil {
		return 0, err
	}
	file := &httpbody.HttpBody{}
	besideData, data, err := cut(body, fileData)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(proto.Unmarshal(beside, to), proto.Unmarshal(besideData, file)); err != nil {
		return 0, err
	}
	if body != nil {
		file.Data = data
		to.ProtoReflect().Set(up.content, protoreflect.ValueOfMessage(file.ProtoReflect()))
	}
	return len(data), nil
}

// fileData is the number of HttpBody.data.
const fileData protowire.Number = 2

// cut takes a field out of an encoded message: the other fields, and the last
// value that it has, nil for none.
func cut(text []byte, number protowire.Number) (beside, value []byte, err error) {
	for len(text) > 0 {
		n, kind, size := protowire.ConsumeField(text)
		if size < 0 {
			return nil, nil, protowire.ParseError(size)
		}
		if n == number && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(text)
			value, _ = protowire.ConsumeBytes(text[tag:size])
		} else {
			beside = append(beside, text[:size]...)
		}
		text = text[size:]
	}
	return beside, value, nil
}

// receive receives a message of a size, or answers that it took too long. Then
// the call ends, and with it whatever still waits for the message.
func receive(from wire, size int) ([]byte, error) {
	const part = 1 << 20
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text := bytes.NewBuffer(make([]byte, 0, size))
		for text.Len() < size {
			buffers, err := from.Read(min(part, size-text.Len()))
			if err != nil {
				done <- result{nil, malformed("the message ended early")}
				return
			}
			for _, b := range buffers {
				text.Write(b.ReadOnlyData())
			}
			buffers.Free()
		}
		done <- result{text.Bytes(), nil}
	}()
	end := time.NewTimer(arrival(size))
	defer end.Stop()
	select {
	case r := <-done:
		return r.text, r.err
	case <-end.C:
		return nil, slow()
	}
}
