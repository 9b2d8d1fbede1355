package longrunning

import (
	"fmt"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
)

// Message makes the message of an operation.
func Message(row *db.Operation) (*longrunningpb.Operation, error) {
	out, err := Summary(row)
	if err != nil || !row.Done || out.GetError() != nil {
		return out, err
	}
	response := &anypb.Any{}
	if err := proto.Unmarshal(row.Response, response); err != nil {
		return nil, fmt.Errorf("read the response of %s: %w", out.GetName(), err)
	}
	out.Result = &longrunningpb.Operation_Response{Response: response}
	return out, nil
}

// Summary makes the message of an operation without its response, of a row that
// may be Brief.
func Summary(row *db.Operation) (*longrunningpb.Operation, error) {
	resource := name.Operation(row.MeetingID, row.ID)
	meta := &placardv1.OperationMetadata{
		Method: row.Method, Author: row.Author, DoneCount: row.DoneCount, TotalCount: row.TotalCount,
		CancelRequested: row.CancelRequested,
		CreateTime:      timestamppb.New(row.CreateTime), UpdateTime: timestamppb.New(row.UpdateTime),
	}
	if row.EndTime != nil {
		meta.EndTime = timestamppb.New(*row.EndTime)
		meta.ExpireTime = timestamppb.New(row.EndTime.Add(life))
	}
	out := &longrunningpb.Operation{Name: resource, Done: row.Done}
	var err error
	if out.Metadata, err = anypb.New(meta); err != nil {
		return nil, fmt.Errorf("write metadata of %s: %w", resource, err)
	}
	if len(row.Error) > 0 {
		st := &spb.Status{}
		if err := proto.Unmarshal(row.Error, st); err != nil {
			return nil, fmt.Errorf("read the error of %s: %w", resource, err)
		}
		out.Result = &longrunningpb.Operation_Error{Error: st}
	}
	return out, nil
}

// FileOf is the file that an operation made, or nil.
func FileOf(row *db.Operation) (*placardv1.OperationFile, error) {
	if row.Blob == "" {
		return nil, nil
	}
	response, file := &anypb.Any{}, &placardv1.OperationFile{}
	if err := proto.Unmarshal(row.Response, response); err != nil {
		return nil, fmt.Errorf("read the file of operation %s: %w", row.ID, err)
	}
	if err := response.UnmarshalTo(file); err != nil {
		return nil, fmt.Errorf("read the file of operation %s: %w", row.ID, err)
	}
	return file, nil
}

// responseOf is what is kept of an answer.
func responseOf(m proto.Message) ([]byte, error) {
	if m == nil {
		m = &emptypb.Empty{}
	}
	response, err := anypb.New(m)
	if err != nil {
		return nil, fmt.Errorf("write the response: %w", err)
	}
	text, err := proto.Marshal(response)
	if err != nil {
		return nil, fmt.Errorf("write the response: %w", err)
	}
	return text, nil
}
