// Package pki is who is who: the operators' root, the keys that it endorses, and
// the leaves that these issue to themselves.
//
//	root            the operators', never on a node
//	└ endorsement   an intermediate of path length 0: a node's identity key for
//	  │             five years, or an operator's key and role for one
//	  └ leaf        made by its own holder: 24 h for a node, minutes for an operator
//
// Always true here: who somebody is, and what role they have, is read from the
// endorsement, which only the root can make, and never from the leaf, which its
// holder writes as it likes. So nobody needs an authority that is online, and a
// node that was off for a year comes back by issuing itself a new leaf.
//
// A software identity key that was stolen vouches for its node until the manifests
// stop trusting its root: there is no list of revoked endorsements yet.
package pki

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"mote/wire"
)

// Kind is what an endorsement vouches for.
type Kind string

// The kinds. An operator's endorsement can't vouch for a node, nor the other way.
const (
	Node     Kind = "node"
	Operator Kind = "operator"
)

// Identity is who an endorsement says somebody is.
type Identity struct {
	Kind Kind
	// Name is a label of a-z, 0-9 and '-', first and last no '-': at most 63.
	Name string
	// Role is an operator's; a node has none.
	Role wire.Role
}

// String is "node edge-1", or "operator alice (admin)".
func (i Identity) String() string {
	if i.Kind == Operator {
		return fmt.Sprintf("operator %s (%s)", i.Name, i.Role)
	}
	return string(i.Kind) + " " + i.Name
}

// check finds what can't be in an identity.
func (i Identity) check() error {
	switch {
	case !wire.NameOK(i.Name):
		return fmt.Errorf("pki: %q is no name; take 1 to 63 of a-z, 0-9 and '-'", i.Name)
	case i.Kind == Node && i.Role == 0, i.Kind == Operator && i.Role.OK():
		return nil
	case i.Kind == Operator:
		return fmt.Errorf("pki: operator %s has no role; give reader, operator or admin", i.Name)
	}
	return fmt.Errorf("pki: a %q with role %q; there are nodes, which have none, and operators", i.Kind, i.Role)
}

// scheme of the one URI (RFC 5280, section 4.2.1.6) that an endorsement has:
// mote:node:NAME or mote:operator:ROLE:NAME.
const scheme = "mote"

// uri is the identity as an endorsement has it.
func (i Identity) uri() *url.URL {
	opaque := string(i.Kind) + ":" + i.Name
	if i.Kind == Operator {
		opaque = string(i.Kind) + ":" + i.Role.String() + ":" + i.Name
	}
	return &url.URL{Scheme: scheme, Opaque: opaque}
}

// ErrIdentity: an endorsement that does not say who it is for.
var ErrIdentity = errors.New("an endorsement without one identity of ours")

// identityOf reads an endorsement. Exactly one URI and no other name may stand in
// it, and that URI must be as uri writes it.
func identityOf(endorsement *x509.Certificate) (Identity, error) {
	refuse := func() (Identity, error) {
		return Identity{}, fmt.Errorf("pki: %w: %v", ErrIdentity, endorsement.URIs)
	}
	others := len(endorsement.DNSNames) + len(endorsement.IPAddresses) + len(endorsement.EmailAddresses)
	if len(endorsement.URIs) != 1 || others != 0 || endorsement.URIs[0].Scheme != scheme {
		return refuse()
	}
	var i Identity
	switch words := strings.Split(endorsement.URIs[0].Opaque, ":"); {
	case len(words) == 2 && words[0] == string(Node):
		i = Identity{Kind: Node, Name: words[1]}
	case len(words) == 3 && words[0] == string(Operator):
		role, _ := wire.RoleOf(words[1])
		i = Identity{Kind: Operator, Name: words[2], Role: role}
	}
	if i.check() != nil || *i.uri() != *endorsement.URIs[0] {
		return refuse()
	}
	return i, nil
}
