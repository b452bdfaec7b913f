// Package keyset keeps an owner's keys in a folder: the one that releases are
// signed with, and the three of Secure Boot.
//
// Always true here: a private key is readable by its owner only, and is never
// written over. What others need (release.pub, the certificates, the files for
// enrolment) holds no secret.
//
//	release.key release.pub   Ed25519, signs release files
//	db.key db.crt             RSA, signs the loader and the kernel
//	KEK.key KEK.crt           RSA, may change db
//	PK.key PK.crt             RSA, owns the machine
//	PK.auth KEK.auth db.auth  what a machine in setup mode takes
package keyset

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mote/fs/image/secureboot"
)

// validYears of the certificates. Firmware looks at no dates, tools do.
const validYears = 20

// pemBytesMax bounds a file that is read: a key of 2048 bits has 1.7 KB.
const pemBytesMax = 64 << 10

// The types of PEM blocks.
const (
	pemPrivate     = "PRIVATE KEY"
	pemPublic      = "PUBLIC KEY"
	pemCertificate = "CERTIFICATE"
)

// Set is all of an owner's keys.
type Set struct {
	Release ed25519.PrivateKey
	Boot    secureboot.Keys
}

// Create makes new keys for an owner's name in a folder, which it makes too. A
// folder that has any of the files is refused, and left as it was.
func Create(folder, owner string, now time.Time) (Set, error) {
	_, release, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Set{}, fmt.Errorf("keyset: make a key: %w", err)
	}
	s := Set{Release: release, Boot: secureboot.Keys{MadeSec: now.Unix()}}
	for name, signer := range s.signers() {
		if *signer, err = secureboot.NewSigner(owner+" "+name, now, validYears); err != nil {
			return Set{}, err
		}
	}
	public, private, err := s.files()
	if err != nil {
		return Set{}, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Set{}, fmt.Errorf("keyset: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(merged(public, private))) {
		if _, err := os.Lstat(filepath.Join(folder, name)); err == nil {
			return Set{}, fmt.Errorf("keyset: %s is in %s already; keys are never written over", name, folder)
		}
	}
	for name, b := range private {
		if err := put(filepath.Join(folder, name), b, 0o600); err != nil {
			return Set{}, err
		}
	}
	for name, b := range public {
		if err := put(filepath.Join(folder, name), b, 0o644); err != nil {
			return Set{}, err
		}
	}
	return s, nil
}

// signers are the three of Secure Boot by their files' names.
func (s *Set) signers() map[string]*secureboot.Signer {
	return map[string]*secureboot.Signer{"PK": &s.Boot.PK, "KEK": &s.Boot.KEK, "db": &s.Boot.DB}
}

// files are the contents of the folder: what everybody may read, and what not.
func (s *Set) files() (public, private map[string][]byte, err error) {
	if public, err = s.Boot.AuthFiles(); err != nil {
		return nil, nil, err
	}
	private = map[string][]byte{}
	keys := map[string]any{"release.key": s.Release}
	for name, signer := range s.signers() {
		keys[name+".key"] = signer.Key
		public[name+".crt"] = pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: signer.Certificate.Raw})
	}
	for name, key := range keys {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, nil, fmt.Errorf("keyset: %s: %w", name, err)
		}
		private[name] = pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: der})
	}
	der, err := x509.MarshalPKIXPublicKey(s.Release.Public())
	if err != nil {
		return nil, nil, fmt.Errorf("keyset: release.pub: %w", err)
	}
	public["release.pub"] = pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: der})
	return public, private, nil
}

// merged has the names of both.
func merged(a, b map[string][]byte) map[string][]byte {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// put writes a file that isn't there.
func put(name string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("keyset: %w", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keyset: write %s: %w", name, err)
	}
	return nil
}

// Load reads a folder that Create made.
func Load(folder string) (Set, error) {
	var s Set
	var err error
	if s.Release, err = LoadPrivate(filepath.Join(folder, "release.key")); err != nil {
		return Set{}, err
	}
	for name, signer := range s.signers() {
		if *signer, err = loadSigner(folder, name); err != nil {
			return Set{}, err
		}
	}
	// The set is as old as its certificates: nothing else is kept about it.
	s.Boot.MadeSec = s.Boot.PK.Certificate.NotBefore.Unix()
	return s, nil
}

// loadSigner reads NAME.key and NAME.crt, which must belong together.
func loadSigner(folder, name string) (secureboot.Signer, error) {
	key, err := loadKey(filepath.Join(folder, name+".key"))
	if err != nil {
		return secureboot.Signer{}, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return secureboot.Signer{}, fmt.Errorf("keyset: %s.key is %T, not RSA", name, key)
	}
	der, err := loadPEM(filepath.Join(folder, name+".crt"), pemCertificate)
	if err != nil {
		return secureboot.Signer{}, err
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return secureboot.Signer{}, fmt.Errorf("keyset: %s.crt: %w", name, err)
	}
	if !private.PublicKey.Equal(c.PublicKey) {
		return secureboot.Signer{}, fmt.Errorf("keyset: %s.crt is of another key than %s.key", name, name)
	}
	return secureboot.Signer{Certificate: c, Key: private}, nil
}

// loadKey reads a private key.
func loadKey(name string) (any, error) {
	der, err := loadPEM(name, pemPrivate)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("keyset: %s: %w", name, err)
	}
	return key, nil
}

// LoadPublic reads a release.pub.
func LoadPublic(name string) (ed25519.PublicKey, error) {
	der, err := loadPEM(name, pemPublic)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("keyset: %s: %w", name, err)
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("keyset: %s is %T, not Ed25519", name, key)
	}
	return public, nil
}

// loadPEM reads the one block of a file.
func loadPEM(name, kind string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	if len(b) > pemBytesMax {
		return nil, fmt.Errorf("keyset: %s has %d bytes; at most %d", name, len(b), pemBytesMax)
	}
	block, rest := pem.Decode(b)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("keyset: %s is not one PEM block %q", name, kind)
	}
	return block.Bytes, nil
}
