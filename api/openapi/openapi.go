// Package openapi holds the OpenAPI description of the contract, made from
// api/placard/v1 (`make generate`).
package openapi

import _ "embed" // the description

// JSON is the description.
//
//go:embed openapi.json
var JSON []byte
