//go:build race

package app_test

// The race detector makes the server, with SQLite in it, several times slower.
// What it looks for shows in less as well.
const (
	propertyRounds = 6
	pagingMeetings = 1
	pagingSize     = 200
)
