package manifest

import (
	"bytes"
	"encoding/json"
)

// The table as JSON Schema (draft 2020-12), so that editors complete and check a
// document as it is written.

// Schema is the schema of a document.
func Schema() []byte {
	s := object{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Mote manifest " + Version}}
	s = append(s, fieldsSchema(documentFields())...)
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return []byte(err.Error()) // of texts and numbers; a test makes it
	}
	return append(b, '\n')
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		var value bytes.Buffer
		e := json.NewEncoder(&value)
		e.SetEscapeHTML(false)
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value.Bytes())
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (s *scalar) schema() object { return s.json }
func (g *group) schema() object  { return fieldsSchema(g.table()) }
func (l *list) schema() object {
	return object{{"type", "array"}, {"items", l.of.schema()}, {"minItems", 1}, {"maxItems", l.most}}
}
func (m *environment) schema() object { return mapSchema(m.of.schema(), m.most) }
func (m *amounts) schema() object     { return mapSchema(m.of.schema(), m.most) }
func (m *named) schema() object       { return mapSchema(fieldsSchema(m.table()), m.most) }

// mapSchema describes a map by free names, of at most most entries; 0 is no bound.
func mapSchema(of object, most int) object {
	s := object{{"type", "object"}, {"additionalProperties", of}}
	if most > 0 {
		s = append(s, member{"maxProperties", most})
	}
	return s
}

// fieldsSchema describes a map of the table's fields, and of no others.
func fieldsSchema(fields []Field) object {
	var properties object
	required := []string{}
	for i := range fields {
		f := &fields[i]
		one := object{{"description", f.Doc}}
		if f.Default != "" {
			one = append(one, member{"default", f.Default})
		}
		one = append(one, f.Form.schema()...)
		properties = append(properties, member{f.Name, one})
		if f.Required {
			required = append(required, f.Name)
		}
	}
	s := object{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}}
	if len(required) > 0 {
		s = append(s, member{"required", required})
	}
	return s
}
