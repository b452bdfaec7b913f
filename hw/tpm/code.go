package tpm

import (
	"errors"
	"fmt"
)

// What callers tell apart; each is found by errors.Is in a [CodeError].
var (
	// ErrLockout: too many wrong guesses were made, so objects with a password are
	// refused until the recovery time is over. Asking again makes nothing better.
	ErrLockout = errors.New("tpm: locked out")
	// ErrPolicy: the PCRs, or another condition of the policy, are not as they were
	// when the secret was sealed.
	ErrPolicy = errors.New("tpm: the policy does not hold")
	// ErrPCRChanged: some PCR was extended between the policy and its use. A new
	// session may do better.
	ErrPCRChanged = errors.New("tpm: a PCR changed meanwhile")
	// ErrAuth: the password is wrong.
	ErrAuth = errors.New("tpm: wrong password")
	// ErrNotDefined: nothing has this handle.
	ErrNotDefined = errors.New("tpm: nothing has this handle")
	// ErrForeign: an answer that the session's key does not vouch for.
	ErrForeign = errors.New("the answer does not carry the session's HMAC: something between here and the TPM changed it; do not trust this machine's bus")
)

// Response codes that callers ask about (part 2, 6.6.3).
const (
	rcHandle     = 0x08b
	rcAuthFail   = 0x08e
	rcPolicyFail = 0x09d
	rcBadAuth    = 0x0a2
	rcPCRChanged = 0x128
	rcYielded    = 0x908
	rcTesting    = 0x90a
	rcNVRate     = 0x920
	rcLockout    = 0x921
	rcRetry      = 0x922
)

// code is a response code without the number of the parameter, handle or session
// that it is about.
type code struct {
	number     uint32
	name, next string
}

const (
	nextReport  = "report it: the command was made wrongly"
	nextFlush   = "flush unused objects and sessions, or use /dev/tpmrm0, which does"
	nextRestart = "restart the machine"
	nextMaker   = "the TPM needs its maker's attention; go on without it as the manifest allows"
	nextOther   = "this TPM can't do that; go on without it as the manifest allows"
	nextAgain   = "ask again"
)

// codes are those that can reasonably come (part 2, 6.6.3), by number.
var codes = [...]code{
	{0x081, "TPM_RC_ASYMMETRIC", nextOther},
	{0x082, "TPM_RC_ATTRIBUTES", nextReport},
	{0x083, "TPM_RC_HASH", nextOther},
	{0x084, "TPM_RC_VALUE", nextReport},
	{0x085, "TPM_RC_HIERARCHY", "its hierarchy is switched off; switch it on in the firmware's setup"},
	{0x087, "TPM_RC_KEY_SIZE", nextOther},
	{0x08a, "TPM_RC_TYPE", nextReport},
	{rcHandle, "TPM_RC_HANDLE", "nothing is there by that handle: define or load it first; after TPM2_Clear all is to be made anew"},
	{rcAuthFail, "TPM_RC_AUTH_FAIL", "the password is wrong, and the guess counts towards a lockout; do not try again with the same"},
	{0x08f, "TPM_RC_NONCE", nextReport},
	{0x092, "TPM_RC_SCHEME", nextOther},
	{0x095, "TPM_RC_SIZE", nextReport},
	{0x096, "TPM_RC_SYMMETRIC", nextOther},
	{0x097, "TPM_RC_TAG", nextReport},
	{0x098, "TPM_RC_SELECTOR", nextReport},
	{0x09a, "TPM_RC_INSUFFICIENT", nextReport},
	{0x09b, "TPM_RC_SIGNATURE", "it was signed by another key or is damaged"},
	{0x09c, "TPM_RC_KEY", nextReport},
	{rcPolicyFail, "TPM_RC_POLICY_FAIL", "the PCRs are not those that it was sealed to: the machine started differently; start the release that sealed it, or seal anew"},
	{0x09f, "TPM_RC_INTEGRITY", "it was sealed by another TPM, before this one was cleared, or is damaged; seal anew"},
	{0x0a2, "TPM_RC_BAD_AUTH", "the password is wrong; an owner set one, clear the TPM in the firmware's setup or give the password"},
	{0x0a3, "TPM_RC_EXPIRED", "the policy's time is over; start a new session"},
	{0x0a4, "TPM_RC_POLICY_CC", nextReport},
	{0x0a6, "TPM_RC_CURVE", nextOther},
	{0x0a7, "TPM_RC_ECC_POINT", nextReport},
	{0x100, "TPM_RC_INITIALIZE", "firmware did not start it; " + nextRestart},
	{0x101, "TPM_RC_FAILURE", "its self-test failed; " + nextRestart + ", and if it stays: " + nextMaker},
	{0x120, "TPM_RC_DISABLED", "switch it on in the firmware's setup"},
	{0x124, "TPM_RC_AUTH_TYPE", nextReport},
	{0x125, "TPM_RC_AUTH_MISSING", nextReport},
	{0x126, "TPM_RC_POLICY", nextReport},
	{0x127, "TPM_RC_PCR", nextReport},
	{rcPCRChanged, "TPM_RC_PCR_CHANGED", "a PCR was extended meanwhile; start a new session"},
	{0x12d, "TPM_RC_UPGRADE", "its firmware is being renewed; " + nextRestart},
	{0x12e, "TPM_RC_TOO_MANY_CONTEXTS", nextFlush},
	{0x12f, "TPM_RC_AUTH_UNAVAILABLE", "a password does not open it; use its policy"},
	{0x130, "TPM_RC_REBOOT", nextRestart},
	{0x142, "TPM_RC_COMMAND_SIZE", nextReport},
	{0x143, "TPM_RC_COMMAND_CODE", nextOther},
	{0x146, "TPM_RC_NV_RANGE", nextReport},
	{0x148, "TPM_RC_NV_LOCKED", "it is locked until the next start; " + nextRestart},
	{0x149, "TPM_RC_NV_AUTHORIZATION", nextReport},
	{0x14a, "TPM_RC_NV_UNINITIALIZED", "nothing was written there yet; write or increment it first"},
	{0x14b, "TPM_RC_NV_SPACE", "its memory is full; remove an index that nobody uses (tpm2_nvundefine)"},
	{0x14c, "TPM_RC_NV_DEFINED", "somebody defined this index before; use it, or another"},
	{0x902, "TPM_RC_OBJECT_MEMORY", nextFlush},
	{0x903, "TPM_RC_SESSION_MEMORY", nextFlush},
	{0x904, "TPM_RC_MEMORY", nextFlush},
	{0x905, "TPM_RC_SESSION_HANDLES", nextFlush},
	{0x906, "TPM_RC_OBJECT_HANDLES", nextFlush},
	{0x907, "TPM_RC_LOCALITY", nextReport},
	{rcYielded, "TPM_RC_YIELDED", nextAgain},
	{0x909, "TPM_RC_CANCELED", nextAgain},
	{rcTesting, "TPM_RC_TESTING", "it tests itself; ask again in a second"},
	{0x910, "TPM_RC_REFERENCE_H0", "what the command names was flushed; load it again"},
	{0x918, "TPM_RC_REFERENCE_S0", "its session is over; start a new one"},
	{rcNVRate, "TPM_RC_NV_RATE", "it protects its memory from wear; ask again in some seconds, and write less"},
	{rcLockout, "TPM_RC_LOCKOUT", "too many wrong passwords were tried: what needs one is refused; wait for its recovery time, or let its owner reset it; do not ask again in a loop"},
	{rcRetry, "TPM_RC_RETRY", nextAgain},
	{0x923, "TPM_RC_NV_UNAVAILABLE", "its memory can't be written now; ask again later"},
}

// CodeError is an answer other than success.
type CodeError struct {
	What string
	Code uint32
}

// formatOne marks codes that say what they are about: bit 6 a parameter, else bit
// 11 a session, else a handle, with its number in bits 8 and up (part 2, 6.6.2).
const formatOne = 1 << 7

// number is the code without what it is about.
func (e CodeError) number() uint32 {
	if e.Code&formatOne != 0 {
		return e.Code & 0xbf
	}
	return e.Code
}

// about names the part of the command that the code is about; empty if none.
func (e CodeError) about() string {
	n := e.Code >> 8 & 0xf
	switch {
	case e.Code&formatOne == 0 || n == 0:
		return ""
	case e.Code&(1<<6) != 0:
		return fmt.Sprintf(" (parameter %d)", n)
	case n >= 8:
		return fmt.Sprintf(" (session %d)", n-8)
	}
	return fmt.Sprintf(" (handle %d)", n)
}

// known is the code's row; what is in no row has its number for a name.
func (e CodeError) known() code {
	for _, c := range codes {
		if c.number == e.number() {
			return c
		}
	}
	return code{e.number(), fmt.Sprintf("response code %#x", e.Code), "see TCG's TPM 2.0 library, part 2, 6.6"}
}

// Name is the specification's name of the code: "TPM_RC_LOCKOUT".
func (e CodeError) Name() string { return e.known().name }

// Error names the command, the code, what it is about, and what to do next.
func (e CodeError) Error() string {
	c := e.known()
	return "tpm: " + e.What + ": " + c.name + e.about() + "; " + c.next
}

// Is finds what callers tell apart.
func (e CodeError) Is(target error) bool {
	switch e.number() {
	case rcLockout:
		return target == ErrLockout
	case rcPolicyFail:
		return target == ErrPolicy
	case rcPCRChanged:
		return target == ErrPCRChanged
	case rcAuthFail, rcBadAuth:
		return target == ErrAuth
	case rcHandle:
		return target == ErrNotDefined
	}
	return false
}

// Again says whether the same command may succeed a moment later.
func (e CodeError) Again() bool {
	switch e.Code {
	case rcRetry, rcTesting, rcYielded, rcNVRate:
		return true
	}
	return false
}
