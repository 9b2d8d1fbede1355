package job

import (
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// The arguments of the jobs. They hold names and revisions, never personal data
// or secrets: rows of jobs are kept for a while after their end, and copied
// with the database.

// MarkDelegationsLate computes anew which delegations of a meeting are late, after its
// deadline was moved.
type MarkDelegationsLate struct {
	// Meeting is the name of the meeting.
	Meeting string `json:"meeting"`
	// MeetingRevision is the revision of the meeting with the new deadline.
	MeetingRevision int64 `json:"meeting_revision"`
}

// Kind implements river.JobArgs.
func (MarkDelegationsLate) Kind() string { return "mark_late" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (MarkDelegationsLate) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// MarkCredentialsLate computes anew which credentials for a meeting are late,
// after the instant by which they are due was moved.
type MarkCredentialsLate struct {
	// Meeting is the name of the meeting.
	Meeting string `json:"meeting"`
	// MeetingRevision is the revision of the meeting with the new instant.
	MeetingRevision int64 `json:"meeting_revision"`
}

// Kind implements river.JobArgs.
func (MarkCredentialsLate) Kind() string { return "mark_credentials_late" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (MarkCredentialsLate) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// MarkPhotosLate computes anew which photographs of a meeting are late, after
// their deadline was moved.
type MarkPhotosLate struct {
	// Meeting is the name of the meeting.
	Meeting string `json:"meeting"`
	// MeetingRevision is the revision of the meeting with the new deadline.
	MeetingRevision int64 `json:"meeting_revision"`
}

// Kind implements river.JobArgs.
func (MarkPhotosLate) Kind() string { return "mark_photos_late" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (MarkPhotosLate) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// ForgetRequests deletes the request ids whose life is over.
type ForgetRequests struct{}

// Kind implements river.JobArgs.
func (ForgetRequests) Kind() string { return "forget_requests" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ForgetRequests) InsertOpts() river.InsertOpts {
	// The next one comes by itself.
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// RemoveBlob removes the content of a file whose row is gone.
type RemoveBlob struct {
	// Blob is the key of the content.
	Blob string `json:"blob"`
}

// Kind implements river.JobArgs.
func (RemoveBlob) Kind() string { return "remove_blob" }

// SweepBlobs removes the contents that no row names.
type SweepBlobs struct{}

// Kind implements river.JobArgs.
func (SweepBlobs) Kind() string { return "sweep_blobs" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SweepBlobs) InsertOpts() river.InsertOpts {
	// The next one comes by itself.
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// Operate does the work of an operation. It is not unique: of two the one that
// comes first does it.
type Operate struct {
	// Operation is the name of the operation.
	Operation string `json:"operation"`
}

// Kind implements river.JobArgs.
func (Operate) Kind() string { return "operate" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Operate) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: longQueue} }

// RescueOperations has the operations done again whose servers vanished.
type RescueOperations struct{}

// Kind implements river.JobArgs.
func (RescueOperations) Kind() string { return "rescue_operations" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (RescueOperations) InsertOpts() river.InsertOpts {
	// The next one comes by itself.
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// ForgetOperations deletes the operations whose life is over.
type ForgetOperations struct{}

// Kind implements river.JobArgs.
func (ForgetOperations) Kind() string { return "forget_operations" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ForgetOperations) InsertOpts() river.InsertOpts {
	// The next one comes by itself.
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// Deliver sends one message to its recipient.
type Deliver struct {
	// Delivery is the name of the delivery.
	Delivery string `json:"delivery"`
}

// Kind implements river.JobArgs.
func (Deliver) Kind() string { return "deliver" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Deliver) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: mailQueue} }

// RescueDeliveries has the messages sent whose servers vanished.
type RescueDeliveries struct{}

// Kind implements river.JobArgs.
func (RescueDeliveries) Kind() string { return "rescue_deliveries" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (RescueDeliveries) InsertOpts() river.InsertOpts {
	// The next one comes by itself.
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// ReadBounces reads the reports about messages that came back.
type ReadBounces struct{}

// Kind implements river.JobArgs.
func (ReadBounces) Kind() string { return "read_bounces" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadBounces) InsertOpts() river.InsertOpts {
	// The next one comes by itself.
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// Notify tells a mission what became of its composition: it makes the deliveries.
type Notify struct {
	// About is what the messages are about, a value of the contract's Delivery.Kind.
	About string `json:"about"`
	// Delegation is the name of the delegation.
	Delegation string `json:"delegation"`
	// Number is that of the revision.
	Number int32 `json:"number"`
}

// Kind implements river.JobArgs.
func (Notify) Kind() string { return "notify" }

// RequestPhotos sends the participants of a delegation the links for their
// photographs, after its composition was accepted.
type RequestPhotos struct {
	// Delegation is the name of the delegation.
	Delegation string `json:"delegation"`
	// Number is that of the revision that was accepted.
	Number int32 `json:"number"`
}

// Kind implements river.JobArgs.
func (RequestPhotos) Kind() string { return "request_photos" }

// SendAnnouncement makes the deliveries of an announcement.
type SendAnnouncement struct {
	// Announcement is the name of the announcement.
	Announcement string `json:"announcement"`
}

// Kind implements river.JobArgs.
func (SendAnnouncement) Kind() string { return "send_announcement" }

// Remind makes the deliveries of all reminders that are due.
type Remind struct{}

// Kind implements river.JobArgs.
func (Remind) Kind() string { return "remind" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Remind) InsertOpts() river.InsertOpts {
	// The next one comes by itself. It is not unique: one whose server was killed would
	// keep out the next for an hour.
	return river.InsertOpts{MaxAttempts: 3}
}

// ResumeAnnouncements goes on with the announcements whose servers vanished.
type ResumeAnnouncements struct{}

// Kind implements river.JobArgs.
func (ResumeAnnouncements) Kind() string { return "resume_announcements" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ResumeAnnouncements) InsertOpts() river.InsertOpts {
	// As with Remind.
	return river.InsertOpts{MaxAttempts: 1}
}

// ForgetReadings deletes the readings of personal data that are kept no longer.
type ForgetReadings struct{}

// Kind implements river.JobArgs.
func (ForgetReadings) Kind() string { return "forget_readings" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ForgetReadings) InsertOpts() river.InsertOpts {
	// The next one comes by itself.
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// forgetInterval is the time between two ForgetRequests.
const forgetInterval = time.Hour

// unfinished are the states of a job that is still to do. River cannot leave
// out `running`: arguments carry the revision that they mean, so that a job
// that has begun does not stand for a later one.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}
