package main

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// contract is what the description needs to know of the .proto files. It is
// read from the compiled image and not from the generated Go code, so that a
// change of the contract needs one pass and not two.
type contract struct {
	files   *protoregistry.Files
	methods map[string]protoreflect.MethodDescriptor
	// parts are the names of the variables in resource patterns: for
	// "meetings/*" the pattern "meetings/{meeting}".
	parts map[string]string
}

func readContract(image []byte) (*contract, error) {
	// The first pass finds the extensions, the second one reads the options
	// with them.
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(image, &set); err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, err
	}
	set.Reset()
	if err := (proto.UnmarshalOptions{Resolver: dynamicpb.NewTypes(files)}).Unmarshal(image, &set); err != nil {
		return nil, err
	}
	if files, err = protodesc.NewFiles(&set); err != nil {
		return nil, err
	}

	known := &contract{
		files:   files,
		methods: make(map[string]protoreflect.MethodDescriptor),
		parts:   make(map[string]string),
	}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		// Of resources whose message is not the contract's own.
		if defined := option(file.Options(), annotations.E_ResourceDefinition.TypeDescriptor().FullName()); defined != nil {
			for i := range defined.List().Len() {
				if err = known.addPatterns(file.Path(), defined.List().Get(i).Message()); err != nil {
					return false
				}
			}
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				id := string(file.Services().Get(i).Name()) + "_" + string(methods.Get(j).Name())
				if other := known.methods[id]; other != nil {
					err = fmt.Errorf("%s and %s have the same operation id", other.FullName(), methods.Get(j).FullName())
					return false
				}
				known.methods[id] = methods.Get(j)
			}
		}
		for i := range file.Messages().Len() {
			if err = known.addResource(file.Messages().Get(i)); err != nil {
				return false
			}
		}
		return true
	})
	return known, err
}

// addResource notes the variables of a resource's patterns.
func (known *contract) addResource(message protoreflect.MessageDescriptor) error {
	option := option(message.Options(), annotations.E_Resource.TypeDescriptor().FullName())
	if option == nil {
		return nil
	}
	return known.addPatterns(string(message.FullName()), option.Message())
}

func (known *contract) addPatterns(where string, resource protoreflect.Message) error {
	patterns := resource.Get(resource.Descriptor().Fields().ByName("pattern")).List()
	for i := range patterns.Len() {
		segments := strings.Split(patterns.Get(i).String(), "/")
		shape := make([]string, len(segments))
		for j, segment := range segments {
			shape[j] = segment
			if !strings.HasPrefix(segment, "{") {
				continue
			}
			shape[j] = "*"
			key, pattern := strings.Join(shape[:j+1], "/"), strings.Join(segments[:j+1], "/")
			if other, exists := known.parts[key]; exists && other != pattern {
				return fmt.Errorf("%s: pattern %s disagrees with %s", where, pattern, other)
			}
			known.parts[key] = pattern
		}
	}
	return nil
}

// pathParameter is a part of a resource name in a path.
type pathParameter struct {
	name    string // The variable: "meeting".
	pattern string // The pattern up to it: "meetings/{meeting}".
}

var pathVariable = regexp.MustCompile(`\{[^}]*\}`)

// namePath replaces the plugin's parameters, which are named after request
// fields ({name}, {meeting.name}, {name_1}), with those of the resource
// pattern, so that one resource has one path whatever the method. It returns
// the path and the new parameters by their former name.
func (known *contract) namePath(template string) (string, map[string]pathParameter) {
	renamed := make(map[string]pathParameter)
	segments := strings.Split(strings.TrimPrefix(template, "/"), "/")
	shape := make([]string, len(segments))
	for i, segment := range segments {
		variable := pathVariable.FindString(segment)
		shape[i] = segment
		if variable == "" {
			continue
		}
		shape[i] = "*"
		former := strings.Trim(variable, "{}")
		// The first segment is the version.
		pattern, ok := known.parts[strings.Join(shape[1:i+1], "/")]
		name := strings.ReplaceAll(former, ".", "_")
		if ok {
			name = strings.Trim(pattern[strings.LastIndex(pattern, "/")+1:], "{}")
		} else {
			pattern = strings.Join(segments[1:i+1], "/")
		}
		renamed[former] = pathParameter{name: name, pattern: pattern}
		segments[i] = strings.Replace(segment, variable, "{"+name+"}", 1)
	}
	return "/" + strings.Join(segments, "/"), renamed
}

// furtherBinding is the suffix of an operation that is not a method's first.
var furtherBinding = regexp.MustCompile(`_[0-9]+$`)

func (known *contract) method(operationID string) protoreflect.MethodDescriptor {
	if method := known.methods[operationID]; method != nil {
		return method
	}
	return known.methods[furtherBinding.ReplaceAllString(operationID, "")]
}

func (known *contract) message(name string) protoreflect.MessageDescriptor {
	found, err := known.files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	message, _ := found.(protoreflect.MessageDescriptor)
	return message
}

// roles returns the roles that may call a method, as people write them.
func (known *contract) roles(method protoreflect.MethodDescriptor) []string {
	option := option(method.Options(), "placard.v1.access")
	if option == nil {
		return nil
	}
	access := option.Message()
	field := access.Descriptor().Fields().ByName("roles")
	if field == nil {
		return nil
	}
	var roles []string
	list := access.Get(field).List()
	for i := range list.Len() {
		role := field.Enum().Values().ByNumber(list.Get(i).Enum())
		roles = append(roles, strings.ToLower(strings.ReplaceAll(string(role.Name()), "_", " ")))
	}
	return roles
}

// option returns the value of a message extension, or nil where it is not set.
func option(options protoreflect.ProtoMessage, name protoreflect.FullName) *optionValue {
	var found *optionValue
	options.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.IsExtension() && field.FullName() == name {
			found = &optionValue{value}
		}
		return found == nil
	})
	return found
}

// optionValue is the value of an extension.
type optionValue struct{ protoreflect.Value }

// fieldByJSONPath finds a field by the JSON names that a query parameter
// joins with dots.
func fieldByJSONPath(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	first, rest, nested := strings.Cut(name, ".")
	field := message.Fields().ByJSONName(first)
	if field == nil || !nested {
		return field
	}
	if field.Message() == nil {
		return nil
	}
	return fieldByJSONPath(field.Message(), rest)
}
