package job

import (
	"errors"
	"fmt"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"mote/wire/inventory"
)

// speedUnknown is SPEED_UNKNOWN; duplexes are by DUPLEX_* (include/uapi/linux/ethtool.h).
const speedUnknown = 0xffffffff

var duplexes = map[uint8]string{0: "half", 1: "full"}

// fill asks for a link's modes, channels and features. What a driver has not is
// EOPNOTSUPP, and stays empty.
func (e ethtool) fill(l *inventory.Link) error {
	for _, question := range []struct {
		command uint8
		header  uint16
		take    func(d *netlink.AttributeDecoder, l *inventory.Link)
	}{
		{unix.ETHTOOL_MSG_LINKMODES_GET, unix.ETHTOOL_A_LINKMODES_HEADER, takeMode},
		{unix.ETHTOOL_MSG_CHANNELS_GET, unix.ETHTOOL_A_CHANNELS_HEADER, takeChannel},
		{unix.ETHTOOL_MSG_FEATURES_GET, unix.ETHTOOL_A_FEATURES_HEADER, takeFeature},
	} {
		err := e.ask(question.command, question.header, l, question.take)
		if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
			return fmt.Errorf("ethtool: %s: %w", l.Name, err)
		}
	}
	return nil
}

// ask sends a question about the link, and gives each attribute of the answer to
// take.
func (e ethtool) ask(command uint8, header uint16, l *inventory.Link, take func(*netlink.AttributeDecoder, *inventory.Link)) error {
	a := netlink.NewAttributeEncoder()
	a.Nested(header, func(n *netlink.AttributeEncoder) error {
		n.Uint32(unix.ETHTOOL_A_HEADER_DEV_INDEX, uint32(l.Index))
		return nil
	})
	body, err := a.Encode()
	if err != nil {
		return err
	}
	answers, err := e.conn.Execute(genetlink.Message{Header: genetlink.Header{Command: command, Version: unix.ETHTOOL_GENL_VERSION}, Data: body},
		e.family.ID, netlink.Request)
	if err != nil {
		return err
	}
	for _, m := range answers {
		d, err := netlink.NewAttributeDecoder(m.Data)
		if err != nil {
			return err
		}
		for d.Next() {
			take(d, l)
		}
		if err := d.Err(); err != nil {
			return err
		}
	}
	return nil
}

func takeMode(d *netlink.AttributeDecoder, l *inventory.Link) {
	switch d.Type() {
	case unix.ETHTOOL_A_LINKMODES_SPEED:
		if speed := d.Uint32(); speed != speedUnknown {
			l.SpeedMbps = speed
		}
	case unix.ETHTOOL_A_LINKMODES_DUPLEX:
		l.Duplex = duplexes[d.Uint8()]
	}
}

func takeChannel(d *netlink.AttributeDecoder, l *inventory.Link) {
	switch d.Type() {
	case unix.ETHTOOL_A_CHANNELS_RX_COUNT:
		l.Queues.Receive = d.Uint32()
	case unix.ETHTOOL_A_CHANNELS_TX_COUNT:
		l.Queues.Transmit = d.Uint32()
	case unix.ETHTOOL_A_CHANNELS_COMBINED_COUNT:
		l.Queues.Combined = d.Uint32()
	}
}

// takeFeature reads the set of features that are on: a list of bits with names.
func takeFeature(d *netlink.AttributeDecoder, l *inventory.Link) {
	if d.Type() != unix.ETHTOOL_A_FEATURES_ACTIVE {
		return
	}
	d.Nested(func(set *netlink.AttributeDecoder) error {
		for set.Next() {
			if set.Type() != unix.ETHTOOL_A_BITSET_BITS {
				continue
			}
			set.Nested(func(bits *netlink.AttributeDecoder) error {
				for bits.Next() {
					bits.Nested(func(bit *netlink.AttributeDecoder) error {
						for bit.Next() {
							if bit.Type() == unix.ETHTOOL_A_BITSET_BIT_NAME {
								l.Offloads = append(l.Offloads, bit.String())
							}
						}
						return nil
					})
				}
				return nil
			})
		}
		return nil
	})
}
