package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** With a tokenizer whose tokens are the bytes of UTF-8. */
final class TextStreamTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Test
  void token_partOfACharacter() {
    TextStream stream = stream("a", "");

    stream.token(0, 'b');
    assertThat(printed()).isEqualTo("ab");
    stream.token(0, 0xc3);
    assertThat(printed()).isEqualTo("ab");
    stream.token(0, 0xa9);
    assertThat(printed()).isEqualTo("abé");
  }

  @Test
  void end_inACharacter() {
    TextStream stream = stream("a", "");

    stream.token(0, 0xc3);
    stream.end();

    assertThat(printed()).isEqualTo("a\uFFFD");
  }

  @Test
  void token_stop() {
    TextStream stream = stream("stop", "top");

    for (char c : "p to t".toCharArray()) {
      stream.token(0, c);
    }
    assertThat(stream.cancelled()).isFalse();
    stream.token(0, 'o');
    stream.token(0, 'p');
    stream.end();

    assertThat(stream.cancelled()).isTrue();
    assertThat(printed()).isEqualTo("stopp to top");
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private TextStream stream(String prompt, String stop) {
    Tokenizer tokenizer = new ByteTokenizer();
    PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);
    return new TextStream(tokenizer, tokenizer.encode(prompt), stop, out);
  }

  private static final class ByteTokenizer implements Tokenizer {
    @Override
    public TokenSequence encode(String text) {
      byte[] all = text.getBytes(StandardCharsets.UTF_8);
      int[] ids = new int[all.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = all[i] & 0xff;
      }
      return TokenSequence.of(ids);
    }

    @Override
    public String decode(int... ids) {
      byte[] all = new byte[ids.length];
      for (int i = 0; i < ids.length; i++) {
        all[i] = (byte) ids[i];
      }
      return new String(all, StandardCharsets.UTF_8);
    }
  }
}
