package dev.unlearn.model.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.unlearn.Property;
import dev.unlearn.TinyModel;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TorchScript files with bytes changed or cut off: each is loaded, or refused with its name. */
@Tag("engine")
final class DamagedTorchScriptTest {
  private static final int CASES = 60;

  @TempDir Path folder;

  @Test
  void load_damaged() throws IOException {
    byte[] original = Files.readAllBytes(Fixtures.path("ids.pt"));
    Path file = folder.resolve("damaged.pt");
    int[] loaded = new int[1];
    Property.holds(
        CASES,
        random -> {
          try {
            Files.write(file, damaged(original, random));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          Throwable refused =
              catchThrowable(
                  () ->
                      TorchScriptModels.load(file, Fixtures.NO_TOKENIZER, TinyModel.ON_CPU)
                          .close());
          if (refused == null) {
            loaded[0]++;
          } else {
            assertThat(refused).isExactlyInstanceOf(UnlearningException.class);
            assertThat(refused.getMessage()).contains(file.toString()).contains("must");
          }
        });
    assertThat(loaded[0]).isBetween(1, CASES * 9 / 10);
  }

  private static byte[] damaged(byte[] original, SplittableRandom random) {
    byte[] bytes = original.clone();
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    for (int count = 1 + random.nextInt(8); count > 0; count--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }
}
