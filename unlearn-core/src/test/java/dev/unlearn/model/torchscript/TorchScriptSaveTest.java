package dev.unlearn.model.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Blocks;
import dev.unlearn.CausalLms;
import dev.unlearn.TinyModel;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.Signature;
import dev.unlearn.model.WeightType;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TorchScript models written back. */
@Tag("engine")
final class TorchScriptSaveTest {
  private static final SaveOptions OVERWRITE = SaveOptions.builder().overwrite(true).build();
  private static final Signature SIGNATURE = Signature.ids(Fixtures.POSITIONS).withAttentionMask();

  @TempDir Path folder;
  private Path target;

  @BeforeEach
  void nameTarget() {
    target = folder.resolve("saved.pt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ids", "ids_mask", "dropout"})
  void save_isLoadedAgain(String name) {
    try (TrainableCausalLm model = Fixtures.load(name)) {
      train(model);

      CausalLms.save(model, target);

      try (TrainableCausalLm saved =
          CausalLms.loadTorchScript(target, Fixtures.NO_TOKENIZER, TinyModel.ON_CPU)) {
        assertThat(saved.parameters().keySet()).isEqualTo(model.parameters().keySet());
        assertSame(saved, model);
        assertThat(saved.contextLength()).isEqualTo(model.contextLength());
        assertThat(Fixtures.loss(saved)).isCloseTo(Fixtures.loss(model), within(1e-6));
        assertThat(Fixtures.loss(saved)).isGreaterThan(Fixtures.golden(name).get("loss")[0]);
      }
    }
  }

  /** Two tensors for two names would be trained apart. */
  @Test
  void save_keepsTies() {
    try (TrainableCausalLm model = Fixtures.load("ids_tied")) {
      CausalLms.save(model, target);
      try (TrainableCausalLm saved =
          CausalLms.loadTorchScript(target, Fixtures.NO_TOKENIZER, TinyModel.ON_CPU)) {
        train(model);
        train(saved);

        assertThat(saved.parameters())
            .containsKey("trunk.tokens.weight")
            .doesNotContainKey("trunk.head.weight");
        assertSame(saved, model);
        assertThat(Fixtures.loss(saved)).isCloseTo(Fixtures.loss(model), within(1e-6));
      }
    }
  }

  @Test
  void save_leavesNothingBeside() {
    try (TrainableCausalLm model = Fixtures.load("ids")) {
      CausalLms.checkSavable(model, target);
      CausalLms.save(model, target);
    }

    assertThat(folder).isDirectoryContaining(path -> path.equals(target));
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void save_overAFile() throws IOException {
    Files.writeString(target, "mine");
    try (TrainableCausalLm model = load()) {
      assertThatThrownBy(() -> CausalLms.save(model, target))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("target must be new, but exists: " + target);
      assertThatThrownBy(() -> CausalLms.checkSavable(model, target))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("target must be new, but exists: " + target);

      CausalLms.checkSavable(model, target, OVERWRITE);
      assertThat(target).hasContent("mine");
      CausalLms.save(model, target, OVERWRITE);
    }
    try (TrainableCausalLm saved =
        CausalLms.loadTorchScript(target, Fixtures.NO_TOKENIZER, SIGNATURE, TinyModel.ON_CPU)) {
      assertThat(saved.vocabularySize()).isEqualTo(40);
    }
  }

  @Test
  void save_overAnEmptyFolder() {
    try (TrainableCausalLm model = load()) {
      assertRefused(
          model, folder, SaveOptions.defaults(), "target must be new, but exists: " + folder);
      assertRefused(
          model, folder, OVERWRITE, "target must be new or a file, but is a folder: " + folder);
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void save_withOptionsOfAFolder() {
    try (TrainableCausalLm model = load()) {
      assertRefused(
          model,
          target,
          SaveOptions.builder().weightType(WeightType.F16).build(),
          "weightType must be F32 for a TorchScript file, but was: F16");
      assertRefused(
          model,
          target,
          SaveOptions.builder().maxShardBytes(100).build(),
          "maxShardBytes must not be set for a TorchScript file, which is one, but was: 100");
    }
    assertThat(target).doesNotExist();
  }

  /** The array is one element that is seen many times. */
  @Test
  void check_moreThanDjlCanWrite() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      TorchScriptSaver saver = new TorchScriptSaver(Blocks.identityBlock());
      Map<String, NDArray> most =
          Map.of("weight", manager.zeros(new Shape(1)).broadcast(new Shape(500_000_000)));
      Map<String, NDArray> tooMany =
          Map.of("weight", manager.zeros(new Shape(1)).broadcast(new Shape(500_000_001)));

      saver.check(most, target, SaveOptions.defaults());
      assertThatThrownBy(() -> saver.check(tooMany, target, SaveOptions.defaults()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the parameters must take at most 2000000000 bytes for DJL to write a TorchScript"
                  + " file, but take 2000000004; use a HuggingFace folder for such a model, or"
                  + " write its parameters yourself");
    }
  }

  private static void assertRefused(
      TrainableCausalLm model, Path target, SaveOptions options, String message) {
    assertThatThrownBy(() -> CausalLms.checkSavable(model, target, options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> CausalLms.save(model, target, options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private static void train(TrainableCausalLm model) {
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.adam(0.1), 4096)) {
      assertThat(updates.update(Fixtures.ROWS).loss().orElseThrow()).isPositive();
    }
  }

  private static void assertSame(TrainableCausalLm actual, TrainableCausalLm expected) {
    actual
        .parameters()
        .forEach(
            (parameter, array) ->
                assertThat(Values.of(array))
                    .as(parameter)
                    .containsExactly(Values.of(expected.parameters().get(parameter))));
  }

  private static TrainableCausalLm load() {
    return CausalLms.loadTorchScript(
        Fixtures.path("ids_mask.pt"), Fixtures.NO_TOKENIZER, SIGNATURE, TinyModel.ON_CPU);
  }
}
