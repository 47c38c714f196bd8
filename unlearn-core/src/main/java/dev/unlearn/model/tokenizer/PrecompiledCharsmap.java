package dev.unlearn.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;

/**
 * The replacements of SentencePiece's normalizer: a size in bytes, a double-array trie of that size
 * over the UTF-8 of what is replaced, and the replacements in UTF-8, each ended by a zero. The
 * native side follows the trie wherever it leads.
 */
final class PrecompiledCharsmap {
  // The places a unit leads to by a byte lie in one block of 256.
  private static final int BLOCK_BYTES = 256 * Integer.BYTES;

  private final IntBuffer units;
  private final byte[] replacements;

  private PrecompiledCharsmap(IntBuffer units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /**
   * Returns the length in bytes of the longest replacement, at least 1.
   *
   * @throws IllegalArgumentException if the trie leads out of its place
   */
  static int longest(byte[] charsmap) {
    ByteBuffer bytes = ByteBuffer.wrap(charsmap).order(ByteOrder.LITTLE_ENDIAN);
    int size = bytes.remaining() < Integer.BYTES ? 0 : bytes.getInt();
    if (size <= 0 || size > bytes.remaining() || size % BLOCK_BYTES != 0) {
      throw new IllegalArgumentException("the size of its trie is wrong");
    }
    byte[] replacements = Arrays.copyOfRange(charsmap, bytes.position() + size, charsmap.length);
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("its replacements are not UTF-8", e);
    }
    return new PrecompiledCharsmap(
            bytes
                .limit(bytes.position() + size)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer(),
            replacements)
        .longest();
  }

  private int longest() {
    for (int i = 0; i < units.limit(); i++) {
      int unit = units.get(i);
      if (unit < 0 && i > 0) {
        continue; // It holds a value; only the first is followed in any case.
      }
      long base = i ^ ((long) (unit >>> 10) << ((unit & (1 << 9)) >>> 6));
      if (base >= units.limit()) {
        throw new IllegalArgumentException("its trie leads outside");
      }
      if ((unit & (1 << 8)) != 0) {
        checkStart(units.get((int) base) & Integer.MAX_VALUE);
      }
    }
    int longest = 1;
    int start = 0;
    for (int end = 0; end <= replacements.length; end++) {
      if (end == replacements.length || replacements[end] == 0) {
        longest = Math.max(longest, end - start);
        start = end + 1;
      }
    }
    return longest;
  }

  private void checkStart(int start) {
    if (start > replacements.length
        || (start < replacements.length && (replacements[start] & 0xC0) == 0x80)) {
      throw new IllegalArgumentException("its trie leads to no replacement");
    }
  }
}
