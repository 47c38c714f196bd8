package dev.unlearn.model.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.CausalLms;
import dev.unlearn.internal.Values;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.Signature;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TorchScript models written back. */
@Tag("engine")
final class TorchScriptSaveTest {
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
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.adam(0.1), 4096)) {
        assertThat(updates.update(Fixtures.ROWS).loss()).isPositive();
      }

      CausalLms.save(model, target);

      try (TrainableCausalLm saved = CausalLms.load(target, Fixtures.NO_TOKENIZER)) {
        assertThat(saved.parameters().keySet()).isEqualTo(model.parameters().keySet());
        saved
            .parameters()
            .forEach(
                (parameter, array) ->
                    assertThat(Values.of(array))
                        .as(parameter)
                        .containsExactly(Values.of(model.parameters().get(parameter))));
        assertThat(saved.contextLength()).isEqualTo(model.contextLength());
        assertThat(Fixtures.loss(saved)).isCloseTo(Fixtures.loss(model), within(1e-6));
        assertThat(Fixtures.loss(saved)).isGreaterThan(Fixtures.golden(name).get("loss")[0]);
      }
    }
  }

  /** Whether the file has one tensor or two for both names shows when one of them is trained. */
  @Test
  void save_keepsTies() {
    try (TrainableCausalLm model = Fixtures.load("ids_tied")) {
      CausalLms.save(model, target);
    }
    try (TrainableCausalLm saved = CausalLms.load(target, Fixtures.NO_TOKENIZER)) {
      assertThat(saved.parameters())
          .containsKey("trunk.tokens.weight")
          .doesNotContainKey("trunk.head.weight");
    }
  }

  @Test
  void save_leavesNothingBeside() {
    try (TrainableCausalLm model = Fixtures.load("ids")) {
      CausalLms.checkSavable(target);
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
      assertThat(target).hasContent("mine");

      ((DjlCausalLm) model).save(target, SaveOptions.builder().overwrite(true).build());
    }
    try (TrainableCausalLm saved = CausalLms.load(target, Fixtures.NO_TOKENIZER, SIGNATURE)) {
      assertThat(saved.vocabularySize()).isEqualTo(40);
    }
  }

  @Test
  void save_withOptionsOfAFolder() {
    try (TrainableCausalLm model = load()) {
      assertThatThrownBy(
              () ->
                  ((DjlCausalLm) model)
                      .save(target, SaveOptions.builder().elementType(ElementType.F16).build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("elementType must be F32 for a TorchScript file, but was: F16");
      assertThatThrownBy(
              () ->
                  ((DjlCausalLm) model)
                      .save(target, SaveOptions.builder().maxShardBytes(100).build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "maxShardBytes must not be set for a TorchScript file, which is one, but was: 100");
    }
    assertThat(target).doesNotExist();
  }

  private static TrainableCausalLm load() {
    return CausalLms.load(Fixtures.path("ids_mask.pt"), Fixtures.NO_TOKENIZER, SIGNATURE);
  }
}
