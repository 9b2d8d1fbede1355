package main

import (
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// constrainProperties writes the rules of a message's fields into the
// properties of its schema.
func constrainProperties(schema object, message protoreflect.MessageDescriptor) {
	properties, _ := schema["properties"].(object)
	for name, each := range properties {
		property, _ := each.(object)
		if field := message.Fields().ByJSONName(name); field != nil && property != nil {
			constrain(property, field)
		}
	}
}

// constrain writes what protovalidate checks of a field into its schema, as
// far as JSON Schema can say it. CEL expressions cannot be said; the comments
// of the contract describe them.
func constrain(schema object, field protoreflect.FieldDescriptor) {
	if rules := option(field.Options(), "buf.validate.field"); rules != nil {
		applyRules(schema, rules.Message())
	}
}

// ignoreIfZero is buf.validate.IGNORE_IF_ZERO_VALUE, ignoreAlways IGNORE_ALWAYS.
const (
	ignoreIfZero = 1
	ignoreAlways = 3
)

func applyRules(schema object, rules protoreflect.Message) {
	// A reference stands for a message or an enum, whose schema has its own rules.
	if schema["$ref"] != nil || schema["allOf"] != nil {
		return
	}
	var zeroAllowed, ignored bool
	rules.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Name() == "ignore" {
			zeroAllowed, ignored = value.Enum() == ignoreIfZero, value.Enum() == ignoreAlways
		}
		return true
	})
	if ignored {
		return
	}
	rules.Range(func(kind protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if kind.ContainingOneof() == nil || kind.Message() == nil {
			return true
		}
		value.Message().Range(func(rule protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			if !rule.IsExtension() {
				applyRule(schema, string(kind.Name()), string(rule.Name()), value, zeroAllowed)
			}
			return true
		})
		return true
	})
}

// applyRule writes one rule. zeroAllowed says that the rule is not applied to
// an empty value.
func applyRule(schema object, kind, rule string, value protoreflect.Value, zeroAllowed bool) {
	switch kind {
	case "string":
		applyStringRule(schema, rule, value, zeroAllowed)
	case "repeated":
		switch rule {
		case "min_items":
			if !zeroAllowed {
				schema["minItems"] = value.Uint()
			}
		case "max_items":
			schema["maxItems"] = value.Uint()
		case "unique":
			schema["uniqueItems"] = value.Bool()
		case "items":
			if items, ok := schema["items"].(object); ok {
				applyRules(items, value.Message())
			}
		}
	case "map":
		switch rule {
		case "min_pairs":
			if !zeroAllowed {
				schema["minProperties"] = value.Uint()
			}
		case "max_pairs":
			schema["maxProperties"] = value.Uint()
		case "values":
			if values, ok := schema["additionalProperties"].(object); ok {
				applyRules(values, value.Message())
			}
		}
	case "int32", "sint32", "sfixed32", "uint32", "fixed32", "float", "double":
		// 64-bit integers are strings in JSON, which have no bounds.
		bound := map[string]string{"gt": "exclusiveMinimum", "gte": "minimum", "lt": "exclusiveMaximum", "lte": "maximum"}[rule]
		lower := strings.HasPrefix(rule, "g")
		if bound != "" && (!lower || !zeroAllowed) {
			schema[bound] = json.Number(value.String())
		}
	}
}

func applyStringRule(schema object, rule string, value protoreflect.Value, zeroAllowed bool) {
	switch rule {
	case "len":
		if !zeroAllowed {
			schema["minLength"] = value.Uint()
		}
		schema["maxLength"] = value.Uint()
	case "min_len":
		if !zeroAllowed {
			schema["minLength"] = value.Uint()
		}
	case "max_len":
		schema["maxLength"] = value.Uint()
	case "pattern":
		pattern := value.String()
		// Syntax of RE2 that JavaScript's expressions do not share.
		for _, foreign := range []string{`\x{`, `\p{`, `\P{`, `\A`, `\z`, `(?`, `[[:`} {
			if strings.Contains(pattern, foreign) {
				return
			}
		}
		if zeroAllowed {
			pattern = "^$|" + pattern
		}
		schema["pattern"] = pattern
	case "in":
		var allowed []any
		for i := range value.List().Len() {
			allowed = append(allowed, value.List().Get(i).String())
		}
		if zeroAllowed {
			allowed = append(allowed, "")
		}
		schema["enum"] = allowed
	case "email", "uri", "uuid", "hostname", "ipv4", "ipv6":
		// A format would refuse the empty string that stands for "unset".
		if value.Bool() && !zeroAllowed {
			schema["format"] = rule
		}
	}
}
