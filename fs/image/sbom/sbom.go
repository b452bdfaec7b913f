// Package sbom writes down what a release is made of, as SPDX 2.3 in JSON: each
// program with the Go modules that its own build information names, the kernel,
// and the pinned parts that are not Mote's.
//
// Always true here: the same release gives the same text; nothing is taken from
// the machine that builds, but from what is in the image.
package sbom

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"time"
)

// Program is a binary of the image.
type Program struct {
	// Path is where it stands in the image.
	Path    string
	Content []byte
}

// Other is a part that is no Go program.
type Other struct {
	Name, Version string
	// Sum is its SHA-256.
	Sum [sha256.Size]byte
	// From is a package URL, "pkg:deb/debian/systemd-boot-efi@252"; empty if none.
	From string
}

// Spec says what is written down.
type Spec struct {
	// Name and Version are the release's; Sum is the SHA-256 of its file.
	Name, Version string
	Sum           [sha256.Size]byte
	// BuiltSec is when it was signed, in seconds since 1970.
	BuiltSec int64
	Programs []Program
	Others   []Other
}

// The document, by the names of SPDX 2.3.
type document struct {
	Version   string `json:"spdxVersion"`
	License   string `json:"dataLicense"`
	ID        string `json:"SPDXID"`
	Name      string `json:"name"`
	Namespace string `json:"documentNamespace"`
	Creation  struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	} `json:"creationInfo"`
	Describes     []string       `json:"documentDescribes"`
	Packages      []spdxPackage  `json:"packages"`
	Relationships []relationship `json:"relationships"`
}

type spdxPackage struct {
	ID        string     `json:"SPDXID"`
	Name      string     `json:"name"`
	Version   string     `json:"versionInfo,omitempty"`
	Location  string     `json:"downloadLocation"`
	Analyzed  bool       `json:"filesAnalyzed"`
	Checksums []checksum `json:"checksums,omitempty"`
	Refs      []ref      `json:"externalRefs,omitempty"`
	Comment   string     `json:"comment,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type ref struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	From string `json:"spdxElementId"`
	Type string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

// idOf is a name as SPDX lets it be in an identifier.
func idOf(kind, name string) string {
	return "SPDXRef-" + kind + "-" + regexp.MustCompile(`[^a-zA-Z0-9.-]+`).ReplaceAllString(name, "-")
}

func sumOf(sum [sha256.Size]byte) []checksum {
	return []checksum{{"SHA256", hex.EncodeToString(sum[:])}}
}

// purl is a reference to where a package is known.
func purl(locator string) []ref {
	if locator == "" {
		return nil
	}
	return []ref{{"PACKAGE-MANAGER", "purl", locator}}
}

// Write returns the document.
func Write(s Spec) ([]byte, error) {
	const whole = "SPDXRef-Release"
	d := document{Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: s.Name,
		// Unique by the file's own digest; there is no page behind it.
		Namespace: "urn:sha256:" + hex.EncodeToString(s.Sum[:]), Describes: []string{whole}}
	d.Creation.Created = time.Unix(s.BuiltSec, 0).UTC().Format(time.RFC3339)
	d.Creation.Creators = []string{"Tool: mote-image"}
	d.Packages = []spdxPackage{{ID: whole, Name: s.Name, Version: s.Version, Location: "NOASSERTION", Checksums: sumOf(s.Sum)}}
	d.Relationships = []relationship{{d.ID, "DESCRIBES", whole}}
	modules := map[string]spdxPackage{}
	for _, p := range s.Programs {
		info, err := buildinfo.Read(bytes.NewReader(p.Content))
		if err != nil {
			return nil, fmt.Errorf("sbom: %s: %w", p.Path, err)
		}
		id := idOf("Program", p.Path)
		d.Packages = append(d.Packages, spdxPackage{ID: id, Name: p.Path, Version: info.Main.Version, Location: "NOASSERTION",
			Checksums: sumOf(sha256.Sum256(p.Content)), Comment: info.Path + ", built by " + info.GoVersion})
		d.Relationships = append(d.Relationships, relationship{whole, "CONTAINS", id})
		for _, m := range modulesOf(info) {
			modules[m.ID] = m
			d.Relationships = append(d.Relationships, relationship{id, "STATIC_LINK", m.ID})
		}
	}
	for _, o := range s.Others {
		id := idOf("Part", o.Name)
		d.Packages = append(d.Packages, spdxPackage{ID: id, Name: o.Name, Version: o.Version, Location: "NOASSERTION",
			Checksums: sumOf(o.Sum), Refs: purl(o.From)})
		d.Relationships = append(d.Relationships, relationship{whole, "CONTAINS", id})
	}
	for _, id := range slices.Sorted(maps.Keys(modules)) {
		d.Packages = append(d.Packages, modules[id])
	}
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return nil, fmt.Errorf("sbom: %w", err)
	}
	return append(b, '\n'), nil
}

// modulesOf are the modules linked into a program, and Go's own library.
func modulesOf(info *debug.BuildInfo) []spdxPackage {
	goVersion := info.GoVersion
	all := []spdxPackage{{ID: idOf("Module", "std-"+goVersion), Name: "std", Version: goVersion, Location: "NOASSERTION",
		Refs: purl("pkg:golang/std@" + goVersion)}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		all = append(all, spdxPackage{ID: idOf("Module", m.Path+"-"+m.Version), Name: m.Path, Version: m.Version, Location: "NOASSERTION",
			Refs: purl("pkg:golang/" + m.Path + "@" + m.Version), Comment: m.Sum})
	}
	return all
}
