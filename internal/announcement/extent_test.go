//go:build !race

package announcement

// largeDelegations is how many delegations of 100 the large audience has: see
// extent_race_test.go.
const largeDelegations = 100
