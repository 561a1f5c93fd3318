// An independent check of our log with golang.org/x/mod/sumdb (Debian: golang-golang-x-mod-dev).
//
//	main proofs SIZE            reads leaf hashes (hex, one a line), prints every root and proof up to SIZE
//	main log DIR VKEY OLD...    checks a published log: checkpoint, every tile, every entry's proof, and
//	                            consistency with the checkpoint files OLD
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = m[index]
	}
	return out, nil
}

func try(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func list(hashes []tlog.Hash) string {
	var words []string
	for _, hash := range hashes {
		words = append(words, hex.EncodeToString(hash[:]))
	}
	return strings.Join(words, " ")
}

func proofs(size int64) {
	var stored memory
	lines := bufio.NewScanner(os.Stdin)
	for n := int64(0); n < size && lines.Scan(); n++ {
		raw, err := hex.DecodeString(lines.Text())
		try(err)
		var leaf tlog.Hash
		copy(leaf[:], raw)
		hashes, err := tlog.StoredHashesForRecordHash(n, leaf, stored)
		try(err)
		stored = append(stored, hashes...)
	}
	for n := int64(1); n <= size; n++ {
		root, err := tlog.TreeHash(n, stored)
		try(err)
		fmt.Printf("root %d: %s\n", n, hex.EncodeToString(root[:]))
		for i := int64(0); i < n; i++ {
			proof, err := tlog.ProveRecord(n, i, stored)
			try(err)
			fmt.Printf("inclusion %d %d: %s\n", i, n, list(proof))
			growth, err := tlog.ProveTree(n, i+1, stored)
			try(err)
			fmt.Printf("consistency %d %d: %s\n", i+1, n, list(growth))
		}
	}
}

// published reads tiles from a folder; the log's paths are those of sumdb without the tile height.
type published string

func (p published) Height() int { return 8 }

func (p published) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(p), path))
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", path, len(data))
		}
		out = append(out, data)
	}
	return out, nil
}

func (p published) SaveTiles([]tlog.Tile, [][]byte) {}

func checkpoint(path string, vkey string) tlog.Tree {
	data, err := os.ReadFile(path)
	try(err)
	verifier, err := note.NewVerifier(vkey)
	try(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	try(err)
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() || len(lines) != 4 {
		try(fmt.Errorf("not a checkpoint of %s", verifier.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	try(err)
	root, err := tlog.ParseHash(lines[2])
	try(err)
	return tlog.Tree{N: size, Hash: root}
}

func bundle(dir string, n int64, width int) [][]byte {
	tile := tlog.Tile{H: 8, L: 0, N: n, W: width}
	data, err := os.ReadFile(filepath.Join(dir, strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)))
	try(err)
	var entries [][]byte
	for len(data) >= 2 {
		end := 2 + int(binary.BigEndian.Uint16(data))
		if end > len(data) {
			try(fmt.Errorf("bundle %d ends inside an entry", n))
		}
		entries, data = append(entries, data[2:end]), data[end:]
	}
	if len(data) != 0 || len(entries) != width {
		try(fmt.Errorf("bundle %d does not hold %d entries", n, width))
	}
	return entries
}

func log(dir string, vkey string, olds []string) {
	tree := checkpoint(filepath.Join(dir, "checkpoint"), vkey)
	// The tile reader itself checks every tile against the signed root.
	reader := tlog.TileHashReader(tree, published(dir))
	var stored memory
	for start := int64(0); start < tree.N; start += 256 {
		width := 256
		if tree.N-start < 256 {
			width = int(tree.N - start)
		}
		for i, entry := range bundle(dir, start/256, width) {
			hashes, err := tlog.StoredHashes(start+int64(i), entry, stored)
			try(err)
			stored = append(stored, hashes...)
			proof, err := tlog.ProveRecord(tree.N, start+int64(i), reader)
			try(err)
			try(tlog.CheckRecord(proof, tree.N, tree.Hash, start+int64(i), tlog.RecordHash(entry)))
		}
	}
	root, err := tlog.TreeHash(tree.N, stored)
	try(err)
	if !bytes.Equal(root[:], tree.Hash[:]) {
		try(fmt.Errorf("the entries do not give the signed root"))
	}
	for _, path := range olds {
		old := checkpoint(path, vkey)
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		try(err)
		try(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Printf("accepted %d entries\n", tree.N)
}

func main() {
	switch os.Args[1] {
	case "proofs":
		size, err := strconv.ParseInt(os.Args[2], 10, 64)
		try(err)
		proofs(size)
	case "log":
		log(os.Args[2], os.Args[3], os.Args[4:])
	}
}
