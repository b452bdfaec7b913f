package sim

import (
	"crypto/ed25519"

	"mote/wire"
)

// An operator who sends manifests: signed, in small pieces, over the control socket.

// signer is the key of operator "alice".
var signer = ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, alice"[:ed25519.SeedSize]))

// access lists alice.
func access() []wire.Operator {
	o := wire.Operator{Name: "alice"}
	copy(o.Key[:], signer.Public().(ed25519.PublicKey))
	return []wire.Operator{o}
}

// sealed signs a manifest.
func sealed(key ed25519.PrivateKey, generation uint64, machine string, m *wire.Manifest) []byte {
	compiled, err := wire.AppendManifest(nil, m)
	if err != nil {
		panic("sim: " + err.Error())
	}
	signed, err := wire.AppendSigned(nil, &wire.SignedManifest{Generation: generation, Manifest: compiled, Machine: machine})
	if err != nil {
		panic("sim: " + err.Error())
	}
	v := wire.Envelope{Signed: signed}
	copy(v.Key[:], key.Public().(ed25519.PublicKey))
	copy(v.Signature[:], ed25519.Sign(key, append([]byte(wire.EnvelopeContext), signed...)))
	b, err := wire.AppendEnvelope(nil, &v)
	if err != nil {
		panic("sim: " + err.Error())
	}
	return b
}

// pieceBytes of an envelope are sent at once.
const pieceBytes = 3000

// send brings a signed manifest; done is told the last answer.
func (w *world) send(envelope []byte, mode wire.ApplyMode, tryMsec uint32, done func(*wire.Reply)) bool {
	p := &peer{strict: w.crash.at == nil}
	for at := 0; at < len(envelope); at += pieceBytes {
		args := wire.ApplyArgs{Mode: mode, TryMsec: tryMsec, SizeBytes: uint32(len(envelope)), OffsetBytes: uint32(at),
			Piece: envelope[at:min(at+pieceBytes, len(envelope))]}
		b, id := w.operator.request(wire.Request{Verb: wire.VerbApply, Args: wire.Args{Apply: args}})
		p.pieces, p.awaits = append(p.pieces, b), append(p.awaits, id)
	}
	left := len(p.awaits)
	p.done = func(r *wire.Reply) {
		if left--; left == 0 && done != nil {
			done(r)
		}
	}
	w.trace.line(w.now, "~ operator applies: "+mode.String())
	return w.knock(p, 0)
}

// confirm lets a try stand.
func (w *world) confirm(generation uint64, done func(*wire.Reply)) bool {
	b, id := w.operator.request(wire.Request{Verb: wire.VerbConfirm, Args: wire.Args{Apply: wire.ApplyArgs{Generation: generation}}})
	w.trace.line(w.now, "~ operator confirms")
	return w.knock(&peer{pieces: [][]byte{b}, awaits: []uint32{id}, strict: true, done: done}, 0)
}

// request makes a frame with a new id.
func (o *operator) request(r wire.Request) (b []byte, id uint32) {
	o.count++
	r.ID = o.count<<4 | uint32(r.Verb)
	b, _ = wire.AppendRequest(nil, &r)
	return b, r.ID
}
