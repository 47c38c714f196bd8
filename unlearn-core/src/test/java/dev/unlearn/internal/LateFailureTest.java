package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;

final class LateFailureTest {
  @Test
  void write_withoutFailure() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    LateFailure stream = new LateFailure(bytes);

    stream.write(1);
    stream.write(new byte[] {2, 3, 4}, 1, 2);

    assertThatCode(stream::throwIfFailed).doesNotThrowAnyException();
    assertThat(bytes.toByteArray()).containsExactly(1, 3, 4);
  }

  @Test
  void write_afterAFailure() {
    int[] calls = new int[1];
    LateFailure stream =
        new LateFailure(
            new OutputStream() {
              @Override
              public void write(int value) throws IOException {
                calls[0]++;
                throw new IOException("disk full");
              }
            });

    stream.write(1);
    stream.write(2);

    assertThat(calls[0]).isEqualTo(1);
    assertThatThrownBy(stream::throwIfFailed)
        .isInstanceOf(IOException.class)
        .hasMessage("disk full");
  }
}
