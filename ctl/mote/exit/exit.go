// Package exit has the statuses that mote ends with. Programs may rely on them:
// a number is never used again for another meaning.
package exit

import "errors"

// Code is a status. Errors without one are Failed.
type Code int

// The statuses.
const (
	// OK: all that was asked is done.
	OK Code = 0
	// Failed: it could not be done, for a reason that the message says.
	Failed Code = 1
	// Usage: the command line itself is wrong.
	Usage Code = 2
	// Unreachable: no answer from the other side.
	Unreachable Code = 3
	// Refused: what was given is not accepted: a manifest with problems, a right
	// that is missing.
	Refused Code = 4
	// NotFound: what was named is not there.
	NotFound Code = 5
	// TimedOut: it did not happen in time.
	TimedOut Code = 6
	// Partly: some of it is done, and the message says what is not.
	Partly Code = 7
	// Unverified: a signature or a hash is not what it should be.
	Unverified Code = 8
	// Different: a comparison found differences, and nothing failed.
	Different Code = 9
)

// Error is an error with its status. Silent ones were told already.
type Error struct {
	Code   Code
	Err    error
	Silent bool
}

// Error is the error's own text.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the error inside.
func (e *Error) Unwrap() error { return e.Err }

// With gives err a status; nil stays nil.
func With(code Code, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Err: err}
}

// Told is an error that was printed already.
func Told(code Code, err error) error { return &Error{Code: code, Err: err, Silent: true} }

// Of is the status of an error, and whether it has still to be printed.
func Of(err error) (code Code, silent bool) {
	var e *Error
	switch {
	case err == nil:
		return OK, true
	case errors.As(err, &e):
		return e.Code, e.Silent
	}
	return Failed, false
}
