package mail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	gomail "github.com/wneessen/go-mail"
)

// Suffix is how the names of messages in the folder end.
const Suffix = ".eml"

// write puts a message into the folder, whole or not at all. A second attempt takes
// the place of the first.
func (r *Room) write(id string, msg *gomail.Msg) (err error) {
	if err := os.MkdirAll(r.cfg.Outbox, 0o700); err != nil {
		return fmt.Errorf("make the folder of messages: %w", err)
	}
	f, err := os.CreateTemp(r.cfg.Outbox, ".new-*")
	if err != nil {
		return fmt.Errorf("write message %s: %w", id, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // nothing more can be done about it
		}
	}()
	_, err = msg.WriteTo(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write message %s: %w", id, err)
	}
	if err = os.Rename(f.Name(), filepath.Join(r.cfg.Outbox, filepath.Base(id)+Suffix)); err != nil {
		return fmt.Errorf("write message %s: %w", id, err)
	}
	return nil
}
