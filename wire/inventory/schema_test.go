package inventory

import (
	"encoding/json"
	"testing"

	"mote/size/golden"

	"github.com/invopop/jsonschema"
)

// TestSchemaIsPublished: schema.json is what the types and their comments say.
func TestSchemaIsPublished(t *testing.T) {
	r := jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true}
	if err := r.AddGoComments("mote/wire/inventory", ".", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(&Inventory{})
	got, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "schema.json", string(got)+"\n")
}
