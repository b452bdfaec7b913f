package keyset

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A single Ed25519 key in two files: STEM.key and STEM.pub, as an operator has.

// CreateSingle makes a new key. Files that are there already are never written
// over.
func CreateSingle(stem string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("keyset: make a key: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("keyset: %s.key: %w", stem, err)
	}
	open, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("keyset: %s.pub: %w", stem, err)
	}
	for _, name := range []string{stem + ".key", stem + ".pub"} {
		if _, err := os.Lstat(name); err == nil {
			return nil, fmt.Errorf("keyset: %s is there already; keys are never written over", filepath.Base(name))
		}
	}
	return public, errors.Join(
		put(stem+".key", pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: secret}), 0o600),
		put(stem+".pub", pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: open}), 0o644))
}

// LoadPrivate reads an Ed25519 key, an operator's or a release.key.
func LoadPrivate(name string) (ed25519.PrivateKey, error) {
	key, err := loadKey(name)
	if err != nil {
		return nil, err
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("keyset: %s is %T, not Ed25519", name, key)
	}
	return private, nil
}
