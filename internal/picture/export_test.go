package picture

// MemoryOf is what the header of a photograph says that decoding it takes.
func MemoryOf(content []byte) (int64, error) {
	h, err := readHeader(content)
	return h.memory, err
}
