package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// object is a JSON object whose members this step does not all know.
type object = map[string]any

// part is the plugin's description of one .proto file.
type part struct {
	file       string
	OpenAPI    string                       `json:"openapi"`
	Tags       []object                     `json:"tags"`
	Paths      map[string]map[string]object `json:"paths"`
	Components struct {
		Schemas map[string]object `json:"schemas"`
	} `json:"components"`
}

// document is the finished description, its members in the usual order.
type document struct {
	OpenAPI    string                       `json:"openapi"`
	Info       object                       `json:"info"`
	Servers    []object                     `json:"servers"`
	Security   []object                     `json:"security"`
	Tags       []object                     `json:"tags"`
	Paths      map[string]map[string]object `json:"paths"`
	Components components                   `json:"components"`
}

type components struct {
	SecuritySchemes map[string]object `json:"securitySchemes"`
	Parameters      map[string]object `json:"parameters"`
	Responses       map[string]object `json:"responses"`
	Schemas         map[string]object `json:"schemas"`
}

// about is what a newcomer needs before the first call.
const about = "Delegation management for intergovernmental meetings. The same contract is served as gRPC and, described here, as JSON.\n\n" +
	"**Authentication.** Send the key that you were given: `Authorization: Bearer plc_…`.\n\n" +
	"**Resource names.** Every resource has a name such as `meetings/m1/delegations/AUT`; it is also its path, after `/v1/`.\n\n" +
	"**Errors.** Every error is a `google.rpc.Status`. Its details hold an ErrorInfo, whose `reason` never changes, " +
	"and for invalid input a BadRequest with all field violations at once. What a caller may not see is NOT_FOUND.\n\n" +
	"**Sending again.** A write with an `Idempotency-Key` (or `requestId`) is done once, however often it is sent within 24 hours.\n\n" +
	"**Language.** `Accept-Language` chooses the language of messages and of texts that are shown in one language."

const (
	schemaPrefix   = "#/components/schemas/"
	statusSchema   = "google.rpc.Status"
	httpBodySchema = "google.api.HttpBody"
)

// finish merges the parts and adds what the plugin leaves out.
func finish(known *contract, parts []part) (*document, error) {
	doc := &document{
		OpenAPI:  parts[0].OpenAPI,
		Info:     object{"title": "Placard API", "version": "v1", "description": about},
		Servers:  []object{{"url": "/", "description": "The server that this description came from."}},
		Security: []object{{"bearer": []any{}}},
		Paths:    make(map[string]map[string]object),
		Components: components{
			SecuritySchemes: map[string]object{"bearer": {
				"type":        "http",
				"scheme":      "bearer",
				"description": "A key, sent as `Authorization: Bearer plc_…`.",
			}},
			Parameters: map[string]object{"IdempotencyKey": {
				"name":        "Idempotency-Key",
				"in":          "header",
				"description": "Makes the write happen once however often it is sent; the same as `requestId`.",
				"schema":      object{"type": "string", "maxLength": 128},
			}},
			Responses: map[string]object{"Error": {
				"description": "The call failed; the body says why.",
				"content":     object{"application/json": object{"schema": object{"$ref": schemaPrefix + statusSchema}}},
			}},
			Schemas: make(map[string]object),
		},
	}
	for _, p := range parts {
		if err := doc.merge(known, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.file, err)
		}
	}
	slices.SortFunc(doc.Tags, func(a, b object) int {
		return strings.Compare(fmt.Sprint(a["name"]), fmt.Sprint(b["name"]))
	})
	for name, schema := range doc.Components.Schemas {
		if message := known.message(name); message != nil {
			constrainProperties(schema, message)
		}
	}
	if doc.Components.Schemas[statusSchema] == nil {
		return nil, fmt.Errorf("no schema %s for the error response", statusSchema)
	}
	doc.dropUnused()
	return doc, nil
}

func (doc *document) merge(known *contract, p part) error {
	if p.OpenAPI != doc.OpenAPI {
		return fmt.Errorf("is OpenAPI %s, others are %s", p.OpenAPI, doc.OpenAPI)
	}
	for _, tag := range p.Tags {
		if slices.ContainsFunc(doc.Tags, func(other object) bool { return other["name"] == tag["name"] }) {
			return fmt.Errorf("tag %v exists already", tag["name"])
		}
		doc.Tags = append(doc.Tags, tag)
	}
	for name, schema := range p.Components.Schemas {
		other, exists := doc.Components.Schemas[name]
		if name == statusSchema && exists {
			// The generator writes it for the errors, with descriptions, and, where a
			// message refers to it, once more without.
			if _, described := other["description"]; described {
				continue
			}
		} else if exists && !reflect.DeepEqual(other, schema) {
			return fmt.Errorf("schema %s differs from another file's", name)
		}
		doc.Components.Schemas[name] = schema
	}
	for template, operations := range p.Paths {
		named, parameters := known.namePath(template)
		item := doc.Paths[named]
		if item == nil {
			item = make(map[string]object)
			doc.Paths[named] = item
		}
		for verb, operation := range operations {
			if other, exists := item[verb]; exists {
				return fmt.Errorf("%s %s is bound to both %v and %v", strings.ToUpper(verb), named, other["operationId"], operation["operationId"])
			}
			if err := finishOperation(known, operation, parameters); err != nil {
				return fmt.Errorf("%s %s: %w", strings.ToUpper(verb), named, err)
			}
			item[verb] = operation
		}
	}
	return nil
}

// finishOperation corrects one operation in place. The ids that the plugin
// makes (service, method, and a number for further bindings) are unique in the
// contract, because names of services are.
func finishOperation(known *contract, operation object, inPath map[string]pathParameter) error {
	id, _ := operation["operationId"].(string)
	method := known.method(id)
	if method == nil {
		return fmt.Errorf("operation %q is not a method of the contract", id)
	}

	comment := strings.TrimSpace(fmt.Sprint(operation["summary"]))
	if more, ok := operation["description"].(string); ok {
		comment += "\n\n" + more
	}
	summary, rest := splitFirstSentence(comment)
	operation["summary"] = summary
	if roles := known.roles(method); len(roles) > 0 {
		rest = strings.TrimSpace(rest + "\n\nRoles: " + strings.Join(roles, ", ") + ".")
	}
	delete(operation, "description")
	if rest != "" {
		operation["description"] = rest
	}

	input := method.Input()
	parameters, _ := operation["parameters"].([]any)
	for _, each := range parameters {
		parameter, ok := each.(object)
		if !ok {
			return fmt.Errorf("a parameter of %s is not an object", id)
		}
		name, _ := parameter["name"].(string)
		if renamed, ok := inPath[name]; ok && parameter["in"] == "path" {
			parameter["name"] = renamed.name
			parameter["description"] = "The last part of the resource name `" + renamed.pattern + "`."
			continue
		}
		schema, _ := parameter["schema"].(object)
		if field := fieldByJSONPath(input, name); field != nil && schema != nil {
			constrain(schema, field)
		}
	}
	if input.Fields().ByName("request_id") != nil {
		parameters = append(parameters, object{"$ref": "#/components/parameters/IdempotencyKey"})
	}
	if len(parameters) > 0 {
		operation["parameters"] = parameters
	}

	switch schema := jsonSchema(operation["requestBody"]); {
	case schema == nil:
	case schema["$ref"] == schemaPrefix+httpBodySchema:
		operation["requestBody"] = fileBody(input)
	case schema["$ref"] == nil:
		constrainProperties(schema, input)
	}

	responses, _ := operation["responses"].(object)
	if responses == nil {
		return fmt.Errorf("operation %s has no responses", id)
	}
	responses["default"] = object{"$ref": "#/components/responses/Error"}
	// The gateway writes the bytes of an HttpBody as they are, with its own
	// content type.
	if schema := jsonSchema(responses["200"]); schema != nil && schema["$ref"] == schemaPrefix+httpBodySchema {
		responses["200"] = object{
			"description": "The file.",
			"content":     object{"*/*": object{"schema": object{"type": "string", "format": "binary"}}},
		}
	}
	return nil
}

// fileBody describes a body that is a file, which the gateway takes as it is.
func fileBody(request protoreflect.MessageDescriptor) object {
	description := "The file itself."
	for i := range request.Fields().Len() {
		if limit := option(request.Fields().Get(i).Options(), "placard.v1.max_bytes"); limit != nil {
			description = fmt.Sprintf("The file itself, of up to %d bytes.", limit.Int())
		}
	}
	return object{
		"description": description,
		"required":    true,
		"content":     object{"application/octet-stream": object{"schema": object{"type": "string", "format": "binary"}}},
	}
}

// jsonSchema returns the schema of a request body or a response, or nil.
func jsonSchema(holder any) object {
	outer, _ := holder.(object)
	content, _ := outer["content"].(object)
	media, _ := content["application/json"].(object)
	schema, _ := media["schema"].(object)
	return schema
}

// splitFirstSentence splits a comment into its first sentence, as one line
// without the full stop, and the rest.
func splitFirstSentence(comment string) (first, rest string) {
	letters := []rune(comment)
	for i, letter := range letters {
		if letter != '.' || i+1 < len(letters) && !unicode.IsSpace(letters[i+1]) {
			continue
		}
		after := strings.TrimSpace(string(letters[i+1:]))
		// "e.g. this" goes on; a sentence begins with a capital or a quotation.
		if next := []rune(after); len(next) > 0 && unicode.IsLower(next[0]) {
			continue
		}
		return strings.Join(strings.Fields(string(letters[:i])), " "), after
	}
	return strings.Join(strings.Fields(comment), " "), ""
}

// dropUnused removes schemas that nothing refers to any more.
func (doc *document) dropUnused() {
	used := make(map[string]bool)
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case object:
			for key, member := range value {
				ref, ok := member.(string)
				name, local := strings.CutPrefix(ref, schemaPrefix)
				if key == "$ref" && ok && local && !used[name] {
					used[name] = true
					visit(doc.Components.Schemas[name])
				}
				visit(member)
			}
		case []any:
			for _, item := range value {
				visit(item)
			}
		}
	}
	for _, item := range doc.Paths {
		for _, operation := range item {
			visit(operation)
		}
	}
	for _, response := range doc.Components.Responses {
		visit(response)
	}
	maps.DeleteFunc(doc.Components.Schemas, func(name string, _ object) bool { return !used[name] })
}
