package dev.unlearn.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.unlearn.CausalLms;
import dev.unlearn.internal.Values;
import dev.unlearn.model.hf.AdapterFolder;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as PEFT writes them, and the numbers it computes; see the README of the golden folder. */
@Tag("engine")
final class PeftFormatTest {
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

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt_neo", "opt_pre", "llama_gqa", "gpt_neox"})
  void load_computesAsPython(String name) {
    try (TrainableCausalLm model = CausalLms.load(GoldenAdapters.golden(name))) {
      double[] before = GoldenAdapters.nll(model, name);
      try (Adapter adapter = Adapters.load(model, GoldenAdapters.golden("adapters/" + name))) {
        assertThat(Values.distance(GoldenAdapters.nll(model, name), before)).isGreaterThan(0.1);
        assertGolden(model, name);

        adapter.merge();
        assertGolden(model, name);
      }
    }
  }

  private void assertGolden(TrainableCausalLm model, String name) {
    SafetensorsFile expected =
        SafetensorsFile.read(
            GoldenAdapters.golden("adapters/" + name).resolve("golden.safetensors"));
    assertThat(
            Values.distance(
                GoldenAdapters.nll(model, name), Values.of(expected.array(manager, "nll"))))
        .isLessThan(1e-5);
    try (TokenBatch batch = TokenBatch.of(model.manager(), GoldenAdapters.rows(name))) {
      NDArray logits = model.passWithoutGradients(batch).logits().get(":, -1");
      double[] numbers = Values.of(expected.array(manager, "logits"));
      assertThat(Values.distance(Values.of(logits), numbers)).isLessThan(1e-5);
    }
  }

  /** What is written back has the same tensors, and settings that say the same. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt_neo", "opt_pre", "llama_gqa", "gpt_neox"})
  void save_asPythonWroteIt(String name) throws IOException {
    Path source = GoldenAdapters.golden("adapters/" + name);
    Path target = folder.resolve("adapter");
    double[] expected;
    try (TrainableCausalLm model = CausalLms.load(GoldenAdapters.golden(name));
        Adapter adapter = Adapters.load(model, source)) {
      expected = GoldenAdapters.nll(model, name);
      adapter.save(target);
    }

    assertThat(tensors(target)).usingRecursiveComparison().isEqualTo(tensors(source));
    assertThat(SafetensorsFile.read(target.resolve(AdapterFolder.WEIGHTS)).metadata())
        .isEqualTo(Map.of("format", "pt"));
    JsonObject written = GoldenAdapters.json(target);
    JsonObject read = GoldenAdapters.json(source);
    for (Map.Entry<String, JsonElement> entry : written.entrySet()) {
      switch (entry.getKey()) {
        case "base_model_name_or_path", "lora_dropout" -> {}
        case "target_modules" -> assertThat(entry.getValue().isJsonArray()).isTrue();
        default ->
            assertThat(entry.getValue()).as(entry.getKey()).isEqualTo(read.get(entry.getKey()));
      }
    }
    try (TrainableCausalLm model = CausalLms.load(GoldenAdapters.golden(name));
        Adapter adapter = Adapters.load(model, target)) {
      assertThat(adapter.modules()).isNotEmpty();
      assertThat(GoldenAdapters.nll(model, name)).isEqualTo(expected);
    }
  }

  private Map<String, double[]> tensors(Path adapter) {
    SafetensorsFile file = SafetensorsFile.read(adapter.resolve(AdapterFolder.WEIGHTS));
    Map<String, double[]> tensors = new TreeMap<>();
    for (StoredTensor tensor : file.tensors().values()) {
      double[] values = Values.of(file.array(manager, tensor.name()));
      double[] shape = tensor.dimensions().stream().mapToDouble(Long::doubleValue).toArray();
      tensors.put(tensor.name() + Arrays.toString(shape), values);
    }
    return tensors;
  }

  /** Names that mean nothing to the model are left out, and a pattern becomes what it chose. */
  @Test
  void save_targets() throws IOException {
    try (TrainableCausalLm model = Subject.GPT2.open()) {
      try (Adapter adapter = Adapters.lora().rank(1).alpha(0.5).attach(model)) {
        adapter.save(folder.resolve("names"));
      }
      try (Adapter adapter = Adapters.lora().targets(".*1.*c_attn").attach(model)) {
        adapter.save(folder.resolve("pattern"));
      }
    }
    JsonArray names = new JsonArray();
    names.add("c_attn");
    assertThat(GoldenAdapters.json(folder.resolve("names")).get("target_modules")).isEqualTo(names);
    assertThat(GoldenAdapters.json(folder.resolve("names")).get("lora_alpha").getAsString())
        .isEqualTo("0.5");
    JsonArray paths = new JsonArray();
    paths.add("transformer.h.1.attn.c_attn");
    assertThat(GoldenAdapters.json(folder.resolve("pattern")).get("target_modules"))
        .isEqualTo(paths);
    assertThat(GoldenAdapters.json(folder.resolve("pattern")).get("lora_alpha").getAsString())
        .isEqualTo("8");
  }

  @Test
  void save_trainedAndReadAgain() {
    double[] scores;
    try (TrainableCausalLm model = Subject.OPT.open();
        Adapter adapter = Subject.OPT.attach(model)) {
      Subject.train(model);
      scores = Subject.logProbabilities(model);
      adapter.merge();
      adapter.save(folder.resolve("adapter"));
    }
    try (TrainableCausalLm model = Subject.OPT.open();
        Adapter adapter = Adapters.load(model, folder.resolve("adapter"))) {
      assertThat(Subject.logProbabilities(model)).isEqualTo(scores);
      Subject.train(model);
      assertThat(Subject.logProbabilities(model)).isNotEqualTo(scores);
      assertThat(adapter.isMerged()).isFalse();
    }
  }

  @Test
  void save_overAnother() {
    try (TrainableCausalLm model = Subject.GPT2.open();
        Adapter adapter = Adapters.lora().attach(model)) {
      adapter.save(folder.resolve("adapter"));
      assertThatThrownBy(() -> adapter.save(folder.resolve("adapter")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "target must be new or an empty folder, but holds files: "
                  + folder.resolve("adapter"));
    }
  }

  /** A file that is overwritten after loading changes nothing. */
  @Test
  void load_isACopy() throws IOException {
    Path adapterFolder = GoldenAdapters.copied(folder, json -> {}, UnaryOperator.identity());
    try (TrainableCausalLm model = CausalLms.load(GoldenAdapters.golden("gpt2"));
        Adapter adapter = Adapters.load(model, adapterFolder)) {
      double[] scores = GoldenAdapters.nll(model, "gpt2");
      byte[] bytes = Files.readAllBytes(adapterFolder.resolve(AdapterFolder.WEIGHTS));
      Arrays.fill(bytes, bytes.length / 2, bytes.length, (byte) 0);
      Files.write(adapterFolder.resolve(AdapterFolder.WEIGHTS), bytes);
      assertThat(GoldenAdapters.nll(model, "gpt2")).isEqualTo(scores);
      assertThat(adapter.isMerged()).isFalse();
    }
  }

  /** Half precision is widened; values of 0.1's size are off by 2⁻¹² at most. */
  @Test
  void load_halfPrecision() throws IOException {
    SafetensorsFile source =
        SafetensorsFile.read(GoldenAdapters.golden("adapters/gpt2").resolve(AdapterFolder.WEIGHTS));
    Path adapter =
        GoldenAdapters.copied(
            folder,
            json -> {},
            tensors ->
                tensors.stream()
                    .map(t -> Tensor.of(t.name(), source.array(manager, t.name()), ElementType.F16))
                    .toList());
    try (TrainableCausalLm model = CausalLms.load(GoldenAdapters.golden("gpt2"));
        Adapter loaded = Adapters.load(model, adapter)) {
      assertThat(loaded.modules()).hasSize(4);
      model
          .parameters()
          .forEach(
              (name, array) ->
                  assertThat(
                          Values.distance(Values.of(array), Values.of(source.array(manager, name))))
                      .isPositive()
                      .isLessThan(1.0 / 4096));
    }
  }
}
