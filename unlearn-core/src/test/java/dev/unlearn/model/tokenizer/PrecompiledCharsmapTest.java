package dev.unlearn.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

final class PrecompiledCharsmapTest {

  @Test
  void longest_inBytes() {
    assertThat(PrecompiledCharsmap.longest(charsmap('a' | 1 << 8 | (97 ^ 1) << 10, 3)))
        .isEqualTo(3);
  }

  @Test
  void longest_leadsOutside() {
    assertRefused(charsmap('a' | 256 << 10, 0), "its trie leads outside");
    // An offset of 2^20 blocks.
    assertRefused(charsmap('a' | 1 << 9 | (1 << 20) << 10, 0), "its trie leads outside");
    // The first unit is followed even if it is marked as a value.
    ByteBuffer charsmap = ByteBuffer.wrap(charsmap(0, 0)).order(ByteOrder.LITTLE_ENDIAN);
    assertRefused(charsmap.putInt(4, 1 << 31 | 256 << 10).array(), "its trie leads outside");
  }

  @Test
  void longest_leadsToNoReplacement() {
    int unit = 'a' | 1 << 8 | (97 ^ 1) << 10;
    assertRefused(charsmap(unit, 7), "its trie leads to no replacement");
    // Between the bytes of é.
    assertRefused(charsmap(unit, 4), "its trie leads to no replacement");
  }

  @Test
  void longest_sizes() {
    assertRefused(new byte[] {0, 4}, "the size of its trie is wrong");
    assertRefused(new byte[] {0, 4, 0, 0}, "the size of its trie is wrong");
    assertRefused(new byte[] {-1, -1, -1, -1}, "the size of its trie is wrong");
    assertRefused(new byte[1032], "the size of its trie is wrong");
    byte[] charsmap = charsmap(0, 0);
    charsmap[1028] = (byte) 0xff;
    assertRefused(charsmap, "its replacements are not UTF-8");
  }

  /** A trie of 256 units, of which the one for "a" is given, and the value in unit 1. */
  private static byte[] charsmap(int unit, int value) {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 1024 + 6).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(1024).putInt(4 + 4 * 'a', unit).putInt(4 + 4, 1 << 31 | value);
    bytes.position(4 + 1024);
    return bytes
        .put((byte) 'b')
        .put((byte) 0)
        .put((byte) 'c')
        .put((byte) 0xc3)
        .put((byte) 0xa9)
        .array();
  }

  private static void assertRefused(byte[] charsmap, String message) {
    assertThatThrownBy(() -> PrecompiledCharsmap.longest(charsmap))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
