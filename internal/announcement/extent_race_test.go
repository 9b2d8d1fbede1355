//go:build race

package announcement

// The race detector makes SQLite, which is Go code, several times slower. What it
// looks for shows in a smaller audience as well.
const largeDelegations = 12
