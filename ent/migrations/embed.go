// Package migrations holds the versions of the database's schema: for each
// engine a folder of SQL in golang-migrate's form, with the same version
// numbers. internal/tool/migrationdiff makes them from ent/schema. They only
// go forward, and a released one never changes.
package migrations

import "embed"

// Files holds the folders `postgres` and `sqlite`.
//
//go:embed postgres/*.sql sqlite/*.sql
var Files embed.FS
