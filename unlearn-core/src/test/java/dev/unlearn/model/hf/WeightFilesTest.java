package dev.unlearn.model.hf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files are read, and what stands in which; nothing here computes. */
final class WeightFilesTest {
  private static final String INDEX = "model.safetensors.index.json";
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;

  @Test
  void find_shardsInTheOrderOfTheirNames() throws IOException {
    weights(SECOND, Map.of("format", "pt"), "c");
    weights(FIRST, Map.of(), "b", "a");
    index("{'metadata':{'total_size':3,'by':'me'},'weight_map':{'c':'%s','a':'%s','b':'%s'}}");

    WeightFiles files = WeightFiles.find(folder);

    assertThat(files.source()).isEqualTo(folder.resolve(INDEX));
    assertThat(files.shards()).extracting(WeightFiles.Shard::name).containsExactly(FIRST, SECOND);
    assertThat(files.shards().get(1).metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(files.tensors().keySet()).containsExactly("b", "a", "c");
    assertThat(files.indexMetadata().orElseThrow().get("by").getAsString()).isEqualTo("me");
  }

  /** The order in which transformers looks for files. */
  @Test
  void find_oneFileGoesBeforeAnIndex() throws IOException {
    weights(FIRST, Map.of(), "a");
    weights(SECOND, Map.of(), "b");
    weights("model.safetensors", Map.of(), "c");
    index("{'weight_map':{'b':'%s','a':'%s','a':'%s'}}");
    Files.writeString(folder.resolve("pytorch_model.bin"), "unread");

    assertThat(WeightFiles.find(folder).tensors().keySet()).containsExactly("c");
    Files.delete(folder.resolve("model.safetensors"));
    assertThat(WeightFiles.find(folder).tensors().keySet()).containsExactly("a", "b");
  }

  @Test
  void find_nothing() throws IOException {
    String rule =
        folder
            + " must hold model.safetensors or model.safetensors.index.json or pytorch_model.bin"
            + " or pytorch_model.bin.index.json, but has none of them";
    assertRefused(rule);

    for (String name : List.of("tf_model.h5", "q4.gguf", "adapter_model.safetensors", "a.txt")) {
      Files.createFile(folder.resolve(name));
    }
    assertRefused(
        rule + "; what it has is not read: adapter_model.safetensors, q4.gguf, tf_model.h5");
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.safetensors", "pytorch_model.bin"})
  void find_gitLfsPointer(String name) throws IOException {
    Files.writeString(
        folder.resolve(name),
        "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 526000000\n");

    assertRefused(
        folder.resolve(name)
            + " must hold weights, but is a Git LFS pointer to them; fetch them with git lfs pull");
  }

  /** As in Python: the index chooses the files, and all of each file counts. */
  @Test
  void find_tensorThatTheIndexDoesNotList() throws IOException {
    weights(FIRST, Map.of(), "a", "buffer");
    weights(SECOND, Map.of(), "b");
    index("{'weight_map':{'b':'%s','a':'%s','a':'%s'}}");

    assertThat(WeightFiles.find(folder).tensors().keySet()).containsExactly("a", "buffer", "b");
  }

  @Test
  void find_tensorInTwoFiles() throws IOException {
    weights(FIRST, Map.of(), "a", "b");
    weights(SECOND, Map.of(), "b");
    index("{'weight_map':{'b':'%s','a':'%s','a':'%s'}}");

    assertRefused(
        "%s: tensor b must be in one file, but is in %s and %s"
            .formatted(folder.resolve(INDEX), FIRST, SECOND));
  }

  @Test
  void find_tensorNotInItsFile() throws IOException {
    weights(FIRST, Map.of(), "a", "b");
    weights(SECOND, Map.of(), "c");
    index("{'weight_map':{'b':'%s','a':'%s','c':'%s'}}");

    assertRefused(
        "%s says that %s holds the tensor b, but it does not"
            .formatted(folder.resolve(INDEX), SECOND));
    index("{'weight_map':{'c':'%s','d':'%s','a':'%s'}}");
    assertRefused(
        "%s says that %s holds the tensor d, but it does not"
            .formatted(folder.resolve(INDEX), FIRST));
  }

  @Test
  void find_fileNotThere() throws IOException {
    weights(FIRST, Map.of(), "a");
    index("{'weight_map':{'b':'%s','a':'%s','a':'%s'}}");

    assertRefused(
        "%s names the file %s, which must lie beside it, but is not there"
            .formatted(folder.resolve(INDEX), SECOND));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'../model-00001-of-00002.safetensors'",
        "'/etc/model.safetensors'",
        "'sub/model.safetensors'",
        "'..\\\\model.safetensors'",
        "'C:model.safetensors'",
        "'model\\u0000.safetensors'",
        "'pytorch_model.bin'",
        "'..'",
        "''",
        "1",
        "null",
        "['model.safetensors']"
      })
  void find_indexNamesNoFileBesideIt(String value) throws IOException {
    weights("outside.safetensors", Map.of(), "a");

    index("{'weight_map':{'a':" + value + "}}");

    assertThatThrownBy(() -> WeightFiles.find(folder))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith(
            folder.resolve(INDEX)
                + ": weight_map must give each tensor the name of a file beside it that ends in"
                + " .safetensors, but gives a: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'weight_map'|must hold JSON, but could not be parsed",
        "[]|must hold a JSON object",
        "``|must hold a JSON object",
        "{}|must hold weight_map, an object from tensors to files, but has none",
        "{'weight_map':[]}|must hold weight_map, an object from tensors to files, but has none",
        "{'weight_map':{}}|must hold weight_map, an object from tensors to files, but has none"
      })
  void find_indexIsNone(String text, String message) throws IOException {
    index(text);

    assertRefused(folder.resolve(INDEX) + " " + message);
  }

  @Test
  void find_indexNotUtf8() throws IOException {
    Files.write(folder.resolve(INDEX), new byte[] {'{', (byte) 0xff, '}'});

    assertRefused(folder.resolve(INDEX) + " must be UTF-8, but is not");
  }

  /** The hub's cache holds links to files elsewhere. */
  @Test
  void find_linkedFile() throws IOException {
    weights("blob.safetensors", Map.of(), "a");
    Path snapshot = Files.createDirectory(folder.resolve("snapshot"));
    Files.createSymbolicLink(
        snapshot.resolve("model.safetensors"), Path.of("..", "blob.safetensors"));

    assertThat(WeightFiles.find(snapshot).tensors().keySet()).containsExactly("a");
  }

  @Test
  void aliases_ofTensorsOnly() throws IOException {
    weights(
        "model.safetensors",
        Map.of("format", "pt", "gone", "a", "b", "a", "also gone", "nowhere"),
        "a",
        "b");

    assertThat(WeightFiles.find(folder).aliases()).isEqualTo(Map.of("gone", "a"));
  }

  @ParameterizedTest
  @CsvSource({
    "model.safetensors, true",
    "model-00001-of-00002.safetensors, true",
    "model.fp16.safetensors, true",
    "model.safetensors.index.json, true",
    "pytorch_model.bin, true",
    "pytorch_model-00001-of-00002.bin, true",
    "pytorch_model.bin.index.json, true",
    "tf_model.h5, true",
    "flax_model.msgpack, true",
    "rust_model.ot, true",
    "training_args.bin, false",
    "adapter_model.safetensors, false",
    "model.onnx, false",
    "modeling_gpt2.py, false",
    "tokenizer.model, false",
    "config.json, false"
  })
  void isOne_byName(String name, boolean expected) {
    assertThat(WeightFiles.isOne(name)).isEqualTo(expected);
  }

  private void weights(String name, Map<String, String> metadata, String... tensors) {
    SafetensorsWriter.write(
        folder.resolve(name),
        metadata,
        Arrays.stream(tensors)
            .map(
                tensor ->
                    new Tensor(tensor, "U8", List.of(1L), out -> out.write(ByteBuffer.allocate(1))))
            .toList());
  }

  /** Writes an index; the first tensor named is in the second file, the others are in the first. */
  private void index(String text) throws IOException {
    Files.write(
        folder.resolve(INDEX),
        text.replace('\'', '"').formatted(SECOND, FIRST, FIRST).getBytes(UTF_8));
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> WeightFiles.find(folder))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(message);
  }
}
