package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

func TestUploadOf(t *testing.T) {
	up := uploadOf((&placardv1.UploadFileRequest{}).ProtoReflect().Descriptor())
	if up == nil || up.content.Name() != "content" || up.limit != 10<<20 {
		t.Errorf("UploadFile: %v", up)
	}
	if up := uploadOf((&placardv1.CreateDocumentRequest{}).ProtoReflect().Descriptor()); up != nil {
		t.Errorf("CreateDocument: %v", up)
	}
}

// TestRoom: files wait for one another, and one principal leaves room for
// others.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const file = 10 << 20
		r := newRoom()
		enter := func(who string) (func(), error) { return r.enter(t.Context(), who, file, time.Second) }
		var leave []func()
		for _, who := range []string{"a", "a", "a", "a", "a", "a", "b"} {
			l, err := enter(who)
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, l)
		}
		if _, err := enter("a"); !unavailable(err) {
			t.Errorf("a seventh of one: %v", err)
		}
		came := make(chan error)
		go func() {
			l, err := enter("a")
			if err == nil {
				l()
			}
			came <- err
		}()
		synctest.Wait()
		leave[0]()
		if err := <-came; err != nil {
			t.Errorf("a seventh after the first has left: %v", err)
		}
		for range 5 {
			l, err := enter("b")
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, l)
		}
		l, err := enter("c")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := enter("c"); !unavailable(err) {
			t.Errorf("a thirteenth: %v", err)
		}
		l()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.enter(ended, "a", roomOfOne, time.Second); !errors.Is(err, context.Canceled) {
			t.Errorf("who went away: %v", err)
		}
		for _, l := range leave[1:] {
			l()
		}
		// Who came by a link has room for one photograph.
		guest := "meetings/m1/delegations/AUT/participants/p1"
		l, err = enter(guest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := enter(guest); !unavailable(err) {
			t.Errorf("a second of one participant: %v", err)
		}
		l()
		if len(r.own) != 0 || !r.all.TryAcquire(roomOfAll) {
			t.Errorf("something is left: %v", r.own)
		}
	})
}

func unavailable(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Reason == "UNAVAILABLE"
}

// endless is a message that does not come.
type endless struct{ gone chan struct{} }

func (endless) ReadMessageHeader([]byte) error { return nil }

func (e endless) Read(int) (mem.BufferSlice, error) {
	<-e.gone
	return nil, errors.New("the stream has ended")
}

func TestSlowMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := endless{make(chan struct{})}
		start := time.Now()
		_, err := receive(e, 10<<20)
		if f, _ := fault.As(err); f == nil || f.Reason != "DEADLINE_EXCEEDED" || time.Since(start) != arrival(10<<20) {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		close(e.gone)
	})
}

// TestDecode: a request is decoded as proto.Unmarshal decodes it.
func TestDecode(t *testing.T) {
	up := uploadOf((&placardv1.UploadFileRequest{}).ProtoReflect().Descriptor())
	for _, want := range []*placardv1.UploadFileRequest{
		{},
		{Parent: "meetings/m1/delegations/AUT", Purpose: placardv1.File_CREDENTIALS, RequestId: "x"},
		{Parent: "p", Content: &httpbody.HttpBody{}},
		{DisplayName: "n", Content: &httpbody.HttpBody{ContentType: "a/b", Data: []byte("content")}, RequestId: "x"},
	} {
		text, err := proto.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := &placardv1.UploadFileRequest{}
		size, err := up.decode(text, got)
		if err != nil || size != len(want.GetContent().GetData()) || !proto.Equal(want, got) {
			t.Errorf("%v is decoded as %v: %v", want, got, err)
		}
		for i := range text {
			plain := proto.Unmarshal(text[:i], &placardv1.UploadFileRequest{})
			if _, err := up.decode(text[:i], &placardv1.UploadFileRequest{}); (err == nil) != (plain == nil) {
				t.Errorf("cut off at %d of %d: %v, and by proto.Unmarshal %v", i, len(text), err, plain)
			}
		}
	}
	if _, err := up.decode([]byte("\x0a\x01\xff"), &placardv1.UploadFileRequest{}); err == nil {
		t.Error("a name that is not UTF-8 was decoded")
	}
}
