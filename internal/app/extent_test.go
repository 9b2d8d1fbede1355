//go:build !race

package app_test

// The extent of the tests that do most: see extent_race_test.go.
const (
	propertyRounds = 12
	// pagingMeetings have ten delegations of pagingSize each.
	pagingMeetings = 4
	pagingSize     = 500
)
