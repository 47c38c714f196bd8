package dev.unlearn.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.hf.AdapterFolder;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an adapter's files may not be; the model stays as it was. */
@Tag("engine")
final class PeftRefusalTest {
  private static final String FIRST_A =
      "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight";

  @TempDir Path folder;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void load_noFolder() {
    Path missing = folder.resolve("missing");
    assertRefused(
        missing,
        IllegalArgumentException.class,
        "adapter folder must exist, but there is no: " + missing);
  }

  @ParameterizedTest
  @ValueSource(strings = {AdapterFolder.CONFIG, AdapterFolder.WEIGHTS})
  void load_fileMissing(String name) throws IOException {
    Path adapter = GoldenAdapters.copied(folder, json -> {}, UnaryOperator.identity());
    Files.delete(adapter.resolve(name));
    assertRefused(
        adapter, UnlearningException.class, adapter + " must hold " + name + ", but has none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "peft_type | \"IA3\" | LORA, but was: IA3",
        "peft_type | null | LORA, but was: missing",
        "bias | \"all\" | none, the only form that is built, but was: all",
        "use_dora | true | off, since it is not built, but was: true",
        "lora_bias | true | off, since it is not built, but was: true",
        "modules_to_save | [\"lm_head\"] | off, since it is not built, but was: [\"lm_head\"]",
        "rank_pattern | {\"c_attn\": 4} | off, since it is not built, but was: {\"c_attn\":4}",
        "layers_to_transform | 1 | off, since it is not built, but was: 1",
        "init_lora_weights | \"pissa\" | true, false or gaussian, but was: pissa",
        "r | 0 | a positive integer, but was: 0",
        "lora_alpha | -1 | > 0, but was: -1.0",
        "target_modules | \"(\" | a regular expression or names, but was: (",
        "target_modules | null | a regular expression or names, but was: nothing",
        "use_rslora | 1 | true or false, but was: 1",
      })
  void load_settingThatIsNotBuilt(String key, String value, String message) throws IOException {
    Path adapter =
        GoldenAdapters.copied(
            folder, json -> json.add(key, JsonParser.parseString(value)), UnaryOperator.identity());
    assertRefused(
        adapter,
        UnlearningException.class,
        "%s: %s must be %s".formatted(adapter.resolve(AdapterFolder.CONFIG), key, message));
  }

  @Test
  void load_noJson() throws IOException {
    Path adapter = GoldenAdapters.copied(folder, json -> {}, UnaryOperator.identity());
    Files.writeString(adapter.resolve(AdapterFolder.CONFIG), "{");
    assertRefused(
        adapter,
        UnlearningException.class,
        adapter.resolve(AdapterFolder.CONFIG) + " must hold JSON, but could not be parsed");
  }

  @Test
  void load_targetsOfAnotherModel() throws IOException {
    JsonArray names = new JsonArray();
    names.add("q_proj");
    Path adapter =
        GoldenAdapters.copied(
            folder, json -> json.add("target_modules", names), UnaryOperator.identity());
    assertRefused(
        adapter,
        IllegalArgumentException.class,
        "targets must match a linear layer, but were: [q_proj]; the model has:"
            + " transformer.h.*.attn.c_attn, transformer.h.*.attn.c_proj,"
            + " transformer.h.*.mlp.c_fc, transformer.h.*.mlp.c_proj");
  }

  @Test
  void load_tensorMissing() throws IOException {
    Path adapter =
        GoldenAdapters.copied(
            folder,
            json -> {},
            tensors -> tensors.stream().filter(t -> !t.name().equals(FIRST_A)).toList());
    assertRefused(
        adapter,
        UnlearningException.class,
        adapter.resolve(AdapterFolder.WEIGHTS) + " must hold " + FIRST_A + ", but does not");
  }

  @Test
  void load_tensorTooMany() throws IOException {
    NDArray one = manager.ones(new Shape(1));
    Path adapter =
        GoldenAdapters.copied(
            folder,
            json -> {},
            tensors -> {
              List<Tensor> more = new ArrayList<>(tensors);
              more.add(Tensor.of("base_model.model.transformer.wte.lora_embedding_A", one));
              return more;
            });
    assertRefused(
        adapter,
        UnlearningException.class,
        adapter.resolve(AdapterFolder.WEIGHTS)
            + " must hold A and B of the layers in target_modules only, but also holds:"
            + " base_model.model.transformer.wte.lora_embedding_A");
  }

  @Test
  void load_otherRank() throws IOException {
    Path adapter =
        GoldenAdapters.copied(folder, json -> json.addProperty("r", 4), UnaryOperator.identity());
    assertRefused(
        adapter,
        UnlearningException.class,
        adapter.resolve(AdapterFolder.WEIGHTS)
            + ": "
            + FIRST_A
            + " must have shape [4, 32], but has: [2, 32]");
  }

  @Test
  void load_otherType() throws IOException {
    NDArray ids = manager.create(new long[64], new Shape(2, 32));
    Path adapter =
        GoldenAdapters.copied(
            folder,
            json -> {},
            tensors ->
                tensors.stream()
                    .map(t -> t.name().equals(FIRST_A) ? Tensor.of(FIRST_A, ids) : t)
                    .toList());
    assertRefused(
        adapter,
        UnlearningException.class,
        adapter.resolve(AdapterFolder.WEIGHTS)
            + ": "
            + FIRST_A
            + " must be F32, F16 or BF16, but is: I64");
  }

  private void assertRefused(Path adapter, Class<? extends Exception> how, String message) {
    try (TrainableCausalLm model = CausalLms.load(GoldenAdapters.golden("gpt2"))) {
      Map<String, NDArray> before = model.parameters();
      double[] scores = GoldenAdapters.nll(model, "gpt2");
      assertThatThrownBy(() -> Adapters.load(model, adapter)).isInstanceOf(how).hasMessage(message);
      assertThat(model.parameters()).isSameAs(before);
      assertThat(GoldenAdapters.nll(model, "gpt2")).isEqualTo(scores);
    }
  }
}
