package store

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// Timestamp is a time of a row as the contract has it; nil stays nil.
func Timestamp(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// Instant is a time of the contract as a row has it; nil stays nil.
func Instant(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	v := t.AsTime()
	return &v
}
