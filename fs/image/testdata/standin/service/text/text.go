// Package text is here for the service to depend on.
package text

// Name is what it says.
const Name = "standin"
