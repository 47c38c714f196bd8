package dev.unlearn.model.generation;

/** Copies of matrices that multiply faster, used until this is closed. */
public interface Packing extends AutoCloseable {
  /** No copies. */
  Packing NONE =
      new Packing() {
        @Override
        public long bytes() {
          return 0;
        }

        @Override
        public void close() {
          // There are none.
        }
      };

  /** Returns what the copies take. */
  long bytes();

  @Override
  void close();
}
