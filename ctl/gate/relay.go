package gate

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	"mote/wire"
)

// framesMax is how many frames an answer may have; no verb's has so many.
const framesMax = 64

// relay is the connection to PID 1, which takes one request at a time from it.
type relay struct {
	conn  net.Conn
	broke func()
	// mu is held by who asks. replies has what was read, with room for one frame: PID 1
	// sends none that nobody waits for. It is closed when there are no more.
	mu      sync.Mutex
	replies chan []byte
}

// watch reads PID 1's frames until there are no more: so its end is seen at once,
// also when nobody asks.
func (r *relay) watch() {
	in := bufio.NewReader(r.conn)
	for {
		frame, err := readReply(in)
		if err != nil {
			break
		}
		r.replies <- frame
	}
	close(r.replies)
	r.broke()
}

// readReply reads one frame, with its head.
func readReply(in *bufio.Reader) ([]byte, error) {
	head, err := in.Peek(wire.FrameHeadSize)
	if err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head)
	if size == 0 || size > wire.FrameSizeMax {
		return nil, ErrRelay
	}
	frame := make([]byte, wire.FrameHeadSize+size)
	_, err = io.ReadFull(in, frame)
	return frame, err
}

// ask sends a request and gives all frames of its answer. False: the connection is
// over, for everybody, as what comes after an answer that is late or of another
// request could be anybody's.
func (r *relay) ask(frame []byte, id uint32) ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := time.NewTimer(answerLimit)
	defer limit.Stop()
	if err := r.conn.SetWriteDeadline(time.Now().Add(answerLimit)); err != nil {
		return nil, false
	}
	if _, err := r.conn.Write(frame); err != nil {
		return r.over()
	}
	var all []byte
	for range framesMax {
		select {
		case <-limit.C:
			return r.over()
		case part, ok := <-r.replies:
			var reply wire.Reply
			if !ok || wire.DecodeReply(part[wire.FrameHeadSize:], &reply) != nil || reply.ID != id {
				return r.over()
			}
			if all = append(all, part...); !reply.More {
				return all, true
			}
		}
	}
	return r.over()
}

// over ends the gate.
func (r *relay) over() ([]byte, bool) {
	r.broke()
	return nil, false
}
