package core

import (
	"mote/wire"
	"mote/wire/verify"
)

// What is held against a manifest that somebody sends, and what it would change. Pure:
// bytes and keys come in, a manifest or the reason against it comes out.

// held is a manifest that can be in force.
type held struct {
	_ [0]func() // never compared: the compiler would write how
	// sealed is the envelope that it came in, nil for the image's; bytes is itself, in
	// CBOR, and a part of that.
	sealed, bytes []byte
	manifest      *wire.Manifest
	generation    uint64 // 0: the image's
	key           [wire.KeySize]byte
	signer        string // who has that key, by the manifest that lists it
	place         keptPlace
}

// refusal makes a refusal.
func refusal(code wire.Code, what, next string) *wire.ReplyError {
	return &wire.ReplyError{Code: code, What: what, Next: next}
}

// judge goes through the steps of wire/SPEC.md, "Signed manifest", less those about
// generations: it believes nothing before the signature was found good. access are
// the trusted keys, machine is this node's UUID, empty where that is unknown.
func judge(sealed []byte, access []wire.Operator, machine string) (*held, *wire.ReplyError) {
	var v wire.Envelope
	if err := wire.DecodeEnvelope(sealed, &v); err != nil {
		return nil, refusal(wire.CodeInvalid, err.Error(), "sign it with mote manifest sign")
	}
	h := &held{sealed: sealed, key: v.Key}
	for i := range access {
		if access[i].Key == v.Key {
			h.signer = access[i].Name
		}
	}
	switch {
	case h.signer == "":
		return h, refusal(wire.CodeUntrusted, "its key is not among those of access", "sign it with one that is")
	case !verify.Ed25519(&v.Key, &v.Signature, []byte(wire.EnvelopeContext), v.Signed):
		return h, refusal(wire.CodeUntrusted, "its signature is not good", "get it again, or sign it again")
	}
	var signed wire.SignedManifest
	if err := wire.DecodeSigned(v.Signed, &signed); err != nil {
		return h, refusal(wire.CodeInvalid, err.Error(), "sign it with a program of the node's release")
	}
	h.generation, h.bytes = signed.Generation, signed.Manifest
	if signed.Machine != "" && signed.Machine != machine {
		return h, refusal(wire.CodeOtherMachine, "it is for machine "+signed.Machine+", and this is "+orWord(machine, "one without a UUID"),
			"sign it for this one, or for any")
	}
	var err error
	if h.manifest, err = wire.DecodeManifest(h.bytes); err != nil {
		return h, refusal(wire.CodeInvalid, err.Error(), "compile it with a program of the node's release")
	}
	return h, nil
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// invalid makes a refusal of the first thing that a manifest asks for wrongly.
func invalid(p *wire.Problem) *wire.ReplyError {
	wrong := refusal(wire.CodeInvalid, p.What, p.Next)
	wrong.Where = p.Field
	if p.Service >= 0 {
		wrong.Where = "services." + p.Name + "." + p.Field
	}
	return wrong
}

// plan is what another manifest changes.
type plan struct {
	_ [0]func() // never compared: the compiler would write how
	// kinds are of the other's services, in its order; what is gone is only in changes.
	kinds   [servicesMax]wire.ChangeKind
	changes []wire.ServiceChange
	network bool
}

// planOf compares. What a user's name means counts as a part of a service that it
// stands in; a service whose description was refused so far starts.
func planOf(before, after *held, refused func(name string) bool) *plan {
	p := new(plan)
	var was, is [servicesMax][]byte
	wire.ServiceItems(before.bytes, &was)
	wire.ServiceItems(after.bytes, &is)
	old, m := before.manifest, after.manifest
	for i := range m.Services {
		s, kind := &m.Services[i], wire.ChangeStart
		if n := serviceOf(old, s.Name); n >= 0 {
			kind = wire.CompareService(was[n], is[i])
			if !sameIdentities(old, m, s) {
				kind = wire.ChangeRestart
			}
			if refused(s.Name) {
				kind = wire.ChangeStart
			}
		}
		if p.kinds[i] = kind; kind != 0 {
			p.changes = append(p.changes, wire.ServiceChange{Name: s.Name, What: kind})
		}
	}
	for i := range old.Services {
		if name := old.Services[i].Name; serviceOf(m, name) < 0 {
			p.changes = append(p.changes, wire.ServiceChange{Name: name, What: wire.ChangeStop})
		}
	}
	p.network = old.Node != m.Node || len(old.Links) != len(m.Links) || !sameRules(old.LinkRules, m.LinkRules)
	for i := 0; !p.network && i < len(m.Links); i++ {
		p.network = old.Links[i] != m.Links[i]
	}
	return p
}

// sameRules compares the rules by which links are named.
func sameRules(a, b []wire.LinkRule) bool {
	same := len(a) == len(b)
	for i := 0; same && i < len(a); i++ {
		same = a[i].Name == b[i].Name && a[i].Order == b[i].Order && len(a[i].Match) == len(b[i].Match)
		for n := 0; same && n < len(a[i].Match); n++ {
			same = a[i].Match[n] == b[i].Match[n]
		}
	}
	return same
}

// serviceOf finds a service by its name; −1: none.
func serviceOf(m *wire.Manifest, name string) int {
	for i := range m.Services {
		if m.Services[i].Name == name {
			return i
		}
	}
	return -1
}

// sameIdentities tells whether the users that a service names have the same ids in
// both manifests.
func sameIdentities(a, b *wire.Manifest, s *wire.Service) bool {
	same := func(user string) bool {
		uid, gid, _ := a.Identity(user)
		otherUID, otherGID, _ := b.Identity(user)
		return uid == otherUID && gid == otherGID
	}
	ok := same(s.User)
	for i := range s.Isolation.Files {
		ok = ok && same(s.Isolation.Files[i].Owner)
	}
	return ok
}
