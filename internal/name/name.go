// Package name makes and reads resource names (AIP-122).
package name

import (
	"strconv"
	"strings"

	"go.einride.tech/aip/resourcename"
)

// Types of resources, as the contract has them.
const (
	TypeEntity      = "placard.un.org/Entity"
	TypeInstrument  = "placard.un.org/Instrument"
	TypeMeeting     = "placard.un.org/Meeting"
	TypeInvitation  = "placard.un.org/Invitation"
	TypeDelegation  = "placard.un.org/Delegation"
	TypeParticipant = "placard.un.org/Participant"
	TypeCredentials = "placard.un.org/Credentials" //nolint:gosec // the credentials of a delegation, no secret
	TypeFile        = "placard.un.org/File"
	TypeDocument    = "placard.un.org/Document"
	TypePhoto       = "placard.un.org/Photo"
	TypeKey         = "placard.un.org/Key"
	TypeOperation   = "placard.un.org/Operation"
	TypeSigningKey  = "placard.un.org/SigningKey"
	TypeDelivery    = "placard.un.org/Delivery"
	TypeReading     = "placard.un.org/Reading"

	TypeAnnouncement   = "placard.un.org/Announcement"
	TypeLetterTemplate = "placard.un.org/LetterTemplate"

	TypeParticipantListEdition = "placard.un.org/ParticipantListEdition"
)

// Wildcard stands for any one part of a name (AIP-159).
const Wildcard = "-"

// Entity is `entities/{code}`.
func Entity(code string) string { return "entities/" + code }

// Instrument is `instruments/{instrument}`.
func Instrument(instrument string) string { return "instruments/" + instrument }

// Meeting is `meetings/{meeting}`.
func Meeting(meeting string) string { return "meetings/" + meeting }

// Invitation is `meetings/{meeting}/invitations/{entity}`.
func Invitation(meeting, entity string) string {
	return Meeting(meeting) + "/invitations/" + entity
}

// Delegation is `meetings/{meeting}/delegations/{entity}`.
func Delegation(meeting, entity string) string {
	return Meeting(meeting) + "/delegations/" + entity
}

// Participant is `meetings/{meeting}/delegations/{entity}/participants/{participant}`.
func Participant(meeting, entity, participant string) string {
	return Delegation(meeting, entity) + "/participants/" + participant
}

// Photo is `meetings/{meeting}/delegations/{entity}/participants/{participant}/photo`.
func Photo(meeting, entity, participant string) string {
	return Participant(meeting, entity, participant) + "/photo"
}

// Revision is `meetings/{meeting}/delegations/{entity}/revisions/{number}`.
func Revision(meeting, entity string, number int32) string {
	return Delegation(meeting, entity) + "/revisions/" + strconv.Itoa(int(number))
}

// Credentials is `meetings/{meeting}/credentials/{entity}`.
func Credentials(meeting, entity string) string {
	return Meeting(meeting) + "/credentials/" + entity
}

// File is `meetings/{meeting}/delegations/{entity}/files/{file}`.
func File(meeting, entity, file string) string {
	return Delegation(meeting, entity) + "/files/" + file
}

// Document is `meetings/{meeting}/documents/{document}`.
func Document(meeting, document string) string {
	return Meeting(meeting) + "/documents/" + document
}

// Statistics is `meetings/{meeting}/statistics`.
func Statistics(meeting string) string { return Meeting(meeting) + "/statistics" }

// Edition is `meetings/{meeting}/participantList/editions/{sequence}`.
func Edition(meeting string, sequence int64) string {
	return Meeting(meeting) + "/participantList/editions/" + strconv.FormatInt(sequence, 10)
}

// Operation is `meetings/{meeting}/operations/{operation}`.
func Operation(meeting, operation string) string {
	return Meeting(meeting) + "/operations/" + operation
}

// Delivery is `meetings/{meeting}/delegations/{entity}/deliveries/{delivery}`.
func Delivery(meeting, entity, delivery string) string {
	return Delegation(meeting, entity) + "/deliveries/" + delivery
}

// Announcement is `meetings/{meeting}/announcements/{announcement}`.
func Announcement(meeting, announcement string) string {
	return Meeting(meeting) + "/announcements/" + announcement
}

// LetterTemplate is `meetings/{meeting}/letterTemplates/{kind}`.
func LetterTemplate(meeting, kind string) string {
	return Meeting(meeting) + "/letterTemplates/" + kind
}

// Reading is `meetings/{meeting}/readings/{reading}`.
func Reading(meeting, reading string) string { return Meeting(meeting) + "/readings/" + reading }

// Key is `keys/{key}`.
func Key(key string) string { return "keys/" + key }

// SigningKey is `signingKeys/{signing_key}`.
func SigningKey(key string) string { return "signingKeys/" + key }

// Part answers the part of a name that follows a collection:
// Part("meetings/m1/delegations/AUT", "delegations") is "AUT". It answers ""
// where the name has no such collection.
func Part(name, collection string) string {
	var sc resourcename.Scanner
	sc.Init(name)
	for sc.Scan() {
		if sc.Segment().Literal() == resourcename.Literal(collection) && sc.Scan() {
			return string(sc.Segment())
		}
		if !sc.Scan() {
			break
		}
	}
	return ""
}

// MeetingOf answers the meeting in a name, "-" for any, "" for none.
func MeetingOf(name string) string { return Part(name, "meetings") }

// EntityOf answers the entity whose invitation or delegation a name names or
// lies in, or that it names itself; "-" for any, "" for none.
func EntityOf(name string) string {
	for _, collection := range []string{"delegations", "invitations", "credentials", "entities"} {
		if v := Part(name, collection); v != "" {
			return v
		}
	}
	return ""
}

// ParticipantOf answers the participant in a name, "" for none.
func ParticipantOf(name string) string { return Part(name, "participants") }

// Last answers the last part of a name.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
