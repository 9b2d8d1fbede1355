// Package ent holds the tables: schema by hand, db generated from it.
package ent

//go:generate go tool ent generate --target db --feature sql/versioned-migration,sql/lock,sql/modifier,sql/execquery,intercept --template dir=./template ./schema
