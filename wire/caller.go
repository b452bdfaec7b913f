package wire

// Caller is who asks a node for something, as a relay has proven.
type Caller struct {
	// Name is an operator's, a part of the input; see NameOK.
	Name []byte
	Role Role
}

// Role is what an operator may do. Each has the rights of the one before it.
type Role uint8

// The roles. Zero is none.
const (
	// RoleReader sees everything that is no secret.
	RoleReader Role = iota + 1
	// RoleOperator also starts and stops services.
	RoleOperator
	// RoleAdmin also changes what the node shall be.
	RoleAdmin
	rolesEnd
)

// roleNames are the words of certificates and of the command line; nothing writes
// to it.
var roleNames = [rolesEnd]string{RoleReader: "reader", RoleOperator: "operator", RoleAdmin: "admin"}

// OK tells whether it is one of the roles.
func (r Role) OK() bool { return r > 0 && r < rolesEnd }

// String is the role's word, or "no role".
func (r Role) String() string {
	if !r.OK() {
		return "no role"
	}
	return roleNames[r]
}

// RoleOf finds a role by its word.
func RoleOf(word string) (r Role, ok bool) {
	n, ok := indexName(roleNames[:], word)
	return Role(n), ok
}

// NameOK tells whether s may name a node or an operator: a label of RFC 1123, in
// lower case, of at most NodeNameSizeMax bytes.
func NameOK(s string) bool { return labelOK(s, NodeNameSizeMax, true) }
