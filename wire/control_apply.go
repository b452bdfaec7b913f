package wire

import "math"

// Manifests on their way through the control socket, in pieces that fit a small
// buffer; what an apply did or would do; and which manifest a node has.

// ApplyMode says what becomes of a manifest that is sent. Zero is none.
type ApplyMode uint8

// The modes.
const (
	// ApplyAuto: it is in force now; what it changes restarts, and nothing else.
	ApplyAuto ApplyMode = iota + 1
	// ApplyStaged: it is in force from the next boot on.
	ApplyStaged
	// ApplyTry: it is in force now, and the one before it again when its time has
	// passed without a confirmation, or after a restart of the machine.
	ApplyTry
	// ApplyDryRun: it is checked, and what would follow is told; nothing changes.
	ApplyDryRun
	applyModesEnd
)

// applyModeNames are the words of the command line; nothing writes to it.
var applyModeNames = [applyModesEnd]string{ApplyAuto: "auto", ApplyStaged: "staged", ApplyTry: "try", ApplyDryRun: "dry-run"}

// String is the mode's word, or "unknown mode".
func (m ApplyMode) String() string {
	if m == 0 || m >= applyModesEnd {
		return "unknown mode"
	}
	return applyModeNames[m]
}

// ApplyModeOf finds a mode by its word.
func ApplyModeOf(word string) (m ApplyMode, ok bool) {
	n, ok := indexName(applyModeNames[:], word)
	return ApplyMode(n), ok
}

// ApplyArgs carry a piece of an envelope, or say which try is confirmed.
type ApplyArgs struct {
	// Mode is that of the whole; each piece says it.
	Mode ApplyMode
	// TryMsec is until a try goes back by itself.
	TryMsec uint32
	// SizeBytes is the envelope's, OffsetBytes where the piece belongs in it: each
	// behind the one before, over the same connection; 0 begins anew.
	SizeBytes   uint32
	OffsetBytes uint32
	// Piece is a part of the input, at most PieceSizeMax bytes. The answer to the
	// one that completes the envelope has a body, those before it have none.
	Piece []byte
	// Generation is that of the try which VerbConfirm lets stand.
	Generation uint64
}

// Applied answers VerbApply, once its last piece came: what was done, and with
// ApplyDryRun and ApplyStaged what would be.
type Applied struct {
	Generation uint64
	// Before is the generation that was in force; zero is the image's manifest.
	Before uint64
	// Changes are of services, in the order of the new manifest, and then those that
	// it has no more. What is not here goes on untouched.
	Changes []ServiceChange
	// Network tells that links or the node's name change.
	Network bool
	// Kept tells that it outlives a restart of the machine.
	Kept bool
	// Signer is the name of the key in the manifest that listed it.
	Signer string
	// UntilNsec is when a try goes back, in ns of CLOCK_BOOTTIME.
	UntilNsec uint64
}

// ServiceChange is what becomes of one service.
type ServiceChange struct {
	Name string
	What ChangeKind
}

// ChangeKind says what becomes of a service. Zero is nothing.
type ChangeKind uint8

// The kinds of change.
const (
	// ChangeStart: it is new.
	ChangeStart ChangeKind = iota + 1
	// ChangeStop: it is gone.
	ChangeStop
	// ChangeRestart: what it runs, or as whom, is another.
	ChangeRestart
	// ChangeLive: it goes on with other settings.
	ChangeLive
	changeKindsEnd
)

// changeNames are the words of the command line; nothing writes to it.
var changeNames = [changeKindsEnd]string{ChangeStart: "starts", ChangeStop: "stops", ChangeRestart: "restarts", ChangeLive: "changes"}

// String is what it does, as "restarts", or "unknown change".
func (k ChangeKind) String() string {
	if k == 0 || k >= changeKindsEnd {
		return "unknown change"
	}
	return changeNames[k]
}

// ManifestStatus tells which manifest a node has. The zero value: the image's, and
// nothing to say about it.
type ManifestStatus struct {
	// Generation of the one in force; zero is the image's.
	Generation uint64
	// Previous, Staged and Tried are generations: what a bad one falls back to, what
	// the next boot takes, and what is in force until UntilNsec only.
	Previous  uint64
	Staged    uint64
	Tried     uint64
	UntilNsec uint64
	// Signer is the name of the key that signed the one in force.
	Signer string
	// Alarm is why another is in force than was kept; empty: it is not so.
	Alarm string
	// Newest is the highest generation that the node ever took.
	Newest uint64
}

const (
	keyArgsMode       = 2
	keyArgsTry        = 3
	keyArgsSize       = 4
	keyArgsOffset     = 5
	keyArgsPiece      = 6
	keyArgsGeneration = 7

	keyAppliedGeneration = 0
	keyAppliedBefore     = 1
	keyAppliedChanges    = 2
	keyAppliedNetwork    = 3
	keyAppliedKept       = 4
	keyAppliedSigner     = 5
	keyAppliedUntil      = 6

	keyChangeName = 0
	keyChangeWhat = 1

	keyManifestStatusGeneration = 0
	keyManifestStatusPrevious   = 1
	keyManifestStatusStaged     = 2
	keyManifestStatusTried      = 3
	keyManifestStatusUntil      = 4
	keyManifestStatusSigner     = 5
	keyManifestStatusAlarm      = 6
	keyManifestStatusNewest     = 7
)

// applyArgs reads what belongs to an apply or a confirmation.
func (d *Decoder) applyArgs(a *ApplyArgs, key int) {
	switch key {
	case keyArgsMode:
		a.Mode = ApplyMode(d.uintField(uint64(applyModesEnd - 1)))
	case keyArgsTry:
		a.TryMsec = d.uint32Field()
	case keyArgsSize:
		a.SizeBytes = uint32(d.uintField(EnvelopeSizeMax))
	case keyArgsOffset:
		a.OffsetBytes = uint32(d.uintField(EnvelopeSizeMax))
	case keyArgsPiece:
		a.Piece = d.bytesField(PieceSizeMax)
	case keyArgsGeneration:
		a.Generation = d.uintField(math.MaxUint64)
	default:
		d.Unknown()
	}
}

func (a *ApplyArgs) appendTo(e *Encoder, m *EncoderMap) {
	e.uintField(m, keyArgsMode, uint64(a.Mode))
	e.uintField(m, keyArgsTry, uint64(a.TryMsec))
	e.uintField(m, keyArgsSize, uint64(a.SizeBytes))
	e.uintField(m, keyArgsOffset, uint64(a.OffsetBytes))
	e.bytesField(m, keyArgsPiece, a.Piece)
	e.uintField(m, keyArgsGeneration, a.Generation)
}

// appendTo writes the body of an answer to VerbApply.
func (a *Applied) appendTo(e *Encoder) {
	m := e.Map()
	e.uintField(&m, keyAppliedGeneration, a.Generation)
	e.uintField(&m, keyAppliedBefore, a.Before)
	e.arrayField(&m, keyAppliedChanges, len(a.Changes))
	for i := range a.Changes {
		c := e.Map()
		e.textField(&c, keyChangeName, a.Changes[i].Name)
		e.uintField(&c, keyChangeWhat, uint64(a.Changes[i].What))
		e.End(c)
	}
	e.boolField(&m, keyAppliedNetwork, a.Network)
	e.boolField(&m, keyAppliedKept, a.Kept)
	e.textField(&m, keyAppliedSigner, a.Signer)
	e.uintField(&m, keyAppliedUntil, a.UntilNsec)
	e.End(m)
}

// DecodeApplied reads the body of an answer to VerbApply.
func DecodeApplied(body []byte, a *Applied) error {
	*a = Applied{}
	d := NewDecoder(body, "applied")
	for m := d.Map(); d.Next(&m); d.part("", 0) {
		switch m.Key {
		case keyAppliedGeneration:
			a.Generation = d.uintField(math.MaxUint64)
		case keyAppliedBefore:
			a.Before = d.uintField(math.MaxUint64)
		case keyAppliedChanges:
			a.Changes = make([]ServiceChange, d.arrayField(2*ServicesMax))
			for i := range a.Changes {
				d.part("change", i)
				d.change(&a.Changes[i])
			}
		case keyAppliedNetwork:
			a.Network = d.boolField()
		case keyAppliedKept:
			a.Kept = d.boolField()
		case keyAppliedSigner:
			a.Signer = d.textField(UserNameSizeMax)
		case keyAppliedUntil:
			a.UntilNsec = d.uintField(math.MaxUint64)
		default:
			d.Skip()
		}
	}
	return d.End()
}

// change reads one entry of what an apply changes; its kind may be one that this
// release has no name for.
func (d *Decoder) change(c *ServiceChange) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyChangeName:
			c.Name = d.textField(ServiceNameSizeMax)
		case keyChangeWhat:
			c.What = ChangeKind(d.uintField(math.MaxUint8))
		default:
			d.Skip()
		}
	}
}

// appendTo writes a status' manifest.
func (s *ManifestStatus) appendTo(e *Encoder) {
	m := e.Map()
	e.uintField(&m, keyManifestStatusGeneration, s.Generation)
	e.uintField(&m, keyManifestStatusPrevious, s.Previous)
	e.uintField(&m, keyManifestStatusStaged, s.Staged)
	e.uintField(&m, keyManifestStatusTried, s.Tried)
	e.uintField(&m, keyManifestStatusUntil, s.UntilNsec)
	e.textField(&m, keyManifestStatusSigner, s.Signer)
	e.textField(&m, keyManifestStatusAlarm, s.Alarm)
	e.uintField(&m, keyManifestStatusNewest, s.Newest)
	e.End(m)
}

// manifestStatus reads a status' manifest.
func (d *Decoder) manifestStatus(s *ManifestStatus) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyManifestStatusGeneration:
			s.Generation = d.uintField(math.MaxUint64)
		case keyManifestStatusPrevious:
			s.Previous = d.uintField(math.MaxUint64)
		case keyManifestStatusStaged:
			s.Staged = d.uintField(math.MaxUint64)
		case keyManifestStatusTried:
			s.Tried = d.uintField(math.MaxUint64)
		case keyManifestStatusUntil:
			s.UntilNsec = d.uintField(math.MaxUint64)
		case keyManifestStatusSigner:
			s.Signer = d.textField(UserNameSizeMax)
		case keyManifestStatusAlarm:
			s.Alarm = d.textField(TextSizeMax)
		case keyManifestStatusNewest:
			s.Newest = d.uintField(math.MaxUint64)
		default:
			d.Skip()
		}
	}
}
