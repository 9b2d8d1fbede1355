// Package name makes and reads resource names (AIP-122).
package name

import (
	"strings"

	"go.einride.tech/aip/resourcename"
)

// Types of resources, as the contract has them.
const (
	TypeEntity      = "placard.un.org/Entity"
	TypeMeeting     = "placard.un.org/Meeting"
	TypeInvitation  = "placard.un.org/Invitation"
	TypeDelegation  = "placard.un.org/Delegation"
	TypeParticipant = "placard.un.org/Participant"
	TypeKey         = "placard.un.org/Key"
)

// Wildcard stands for any one part of a name (AIP-159).
const Wildcard = "-"

// Entity is `entities/{code}`.
func Entity(code string) string { return "entities/" + code }

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

// Key is `keys/{key}`.
func Key(key string) string { return "keys/" + key }

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
	for _, collection := range []string{"delegations", "invitations", "entities"} {
		if v := Part(name, collection); v != "" {
			return v
		}
	}
	return ""
}

// Last answers the last part of a name.
func Last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
