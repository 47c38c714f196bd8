package dev.unlearn.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.Property;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.hf.AdapterFolder;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files of adapters: each is read, or refused in words, and the model stays as it was. */
@Tag("engine")
final class HostileAdapterTest {
  private static final int CASES = 500;

  private static final List<String> VALUES =
      List.of(
          "null",
          "\"\"",
          "\"(\"",
          "-1",
          "0",
          "0.5",
          "3",
          "2147483647",
          "1e308",
          "1e-320",
          "1e999",
          "true",
          "[]",
          "[null]",
          "[\"\"]",
          "[[0]]",
          "{}",
          "{\"a\": null}",
          "\"(a*)*b\"");

  private static TrainableCausalLm model;
  private static double[] scores;

  @TempDir Path parent;

  private Path folder;

  @BeforeAll
  static void open() {
    model = CausalLms.load(GoldenAdapters.golden("gpt2"));
    scores = GoldenAdapters.nll(model, "gpt2");
  }

  @AfterAll
  static void close() {
    assertThat(GoldenAdapters.nll(model, "gpt2")).isEqualTo(scores);
    model.close();
  }

  @BeforeEach
  void copy() throws IOException {
    folder = GoldenAdapters.copied(parent, json -> {}, UnaryOperator.identity());
  }

  @Test
  void settings_oneValueWrong() throws IOException {
    JsonObject original = GoldenAdapters.json(folder);
    for (String key : original.keySet()) {
      for (String value : VALUES) {
        JsonObject changed = original.deepCopy();
        changed.add(key, JsonParser.parseString(value));
        Files.writeString(folder.resolve(AdapterFolder.CONFIG), changed.toString());
        boolean unused = isRead(key + " = " + value);
      }
    }
  }

  @Test
  void settings_damagedText() throws IOException {
    damaged(AdapterFolder.CONFIG);
  }

  @Test
  void weights_damaged() throws IOException {
    damaged(AdapterFolder.WEIGHTS);
  }

  private void damaged(String name) throws IOException {
    byte[] original = Files.readAllBytes(folder.resolve(name));
    int[] read = new int[1];
    Property.holds(
        CASES,
        random -> {
          try {
            Files.write(folder.resolve(name), damaged(original, random));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          read[0] += isRead(name) ? 1 : 0;
        });
    assertThat(read[0]).isBetween(1, CASES * 9 / 10);
  }

  /** Damages the beginning above all, where a header is. */
  private static byte[] damaged(byte[] original, SplittableRandom random) {
    byte[] bytes = original.clone();
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    byte[] marks = "0123456789[]{},:\"-eE. nul".getBytes(StandardCharsets.US_ASCII);
    for (int count = 1 + random.nextInt(3); count > 0; count--) {
      int at = random.nextInt(Math.min(bytes.length, 1_500));
      bytes[at] = random.nextBoolean() ? marks[random.nextInt(marks.length)] : (byte) at;
    }
    return bytes;
  }

  private boolean isRead(String what) {
    Throwable refused = catchThrowable(() -> Adapters.load(model, folder).close());
    if (refused == null) {
      return true;
    }
    assertThat(refused)
        .as(what)
        .isInstanceOfAny(UnlearningException.class, IllegalArgumentException.class);
    assertThat(refused.getMessage())
        .as(what)
        .containsPattern("adapter_config\\.json|adapter_model\\.safetensors|^targets must match")
        .hasSizeLessThan(1_000);
    return false;
  }
}
