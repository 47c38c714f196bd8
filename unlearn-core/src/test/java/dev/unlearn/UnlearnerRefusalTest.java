package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused before anything is touched. */
@Tag("engine")
final class UnlearnerRefusalTest {
  private static final TokenSequence GOOD = TinyModel.recited().sequences().get(0);
  private static final Unlearner NEVER_ASKED =
      Unlearner.builder()
          .stopWhen(
              progress -> {
                throw new AssertionError("the run should have been refused");
              })
          .build();

  private TrainableCausalLm model;

  @BeforeEach
  void openModel() {
    model = TinyModel.gpt2(1);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  @Test
  void set_idOutsideTheVocabulary() {
    assertRefused(
        NEVER_ASKED,
        ForgetSet.of(GOOD, TokenSequence.of(1, 2, 20)),
        "sequence 1 must hold ids of the vocabulary, [0, 20), but holds another at position 2");
  }

  @Test
  void set_longerThanTheContext() {
    assertRefused(
        NEVER_ASKED,
        ForgetSet.of(GOOD, TinyModel.random(1, 1, 33).get(0)),
        "sequence 1 has 33 tokens; the model's context length allows at most 32");
  }

  @Test
  void set_asLongAsTheContext() {
    ForgetSet set = ForgetSet.of(TinyModel.random(1, 1, 32));
    Unlearner unlearner =
        Unlearner.builder()
            .stopWhen(
                progress ->
                    progress.epoch() < 1 ? Decision.proceed() : Decision.forgotten("enough"))
            .build();
    assertThat(unlearner.forget(model, set).epochCount()).isEqualTo(1);
  }

  @Test
  void set_shorterThanTheOrderOfGivenThresholds() {
    assertRefused(
        Unlearner.builder()
            .stopWhen(StoppingCriteria.forgotten(ForgettingThresholds.of(10, 12, 0.1, 0.3)))
            .build(),
        ForgetSet.of(GOOD, GOOD.head(10)),
        "order (10) must be < sequence length (10) of sequence 1; extraction likelihood is"
            + " undefined for it");
  }

  /** The unseen text is long enough; it is the set that is not, so the set must be named. */
  @Test
  void set_shorterThanTheOrderToMeasure() {
    assertRefused(
        Unlearner.untilLike(Corpus.of(TinyModel.random(1, 4, 30))),
        ForgetSet.of(GOOD, GOOD.head(10)),
        "order (10) must be < sequence length (10) of sequence 1; extraction likelihood is"
            + " undefined for it");
  }

  @Test
  void thresholds_ofAnotherLength() {
    assertRefused(
        Unlearner.builder()
            .stopWhen(StoppingCriteria.forgotten(ForgettingThresholds.GPT_NEO_125M))
            .build(),
        ForgetSet.of(GOOD),
        "the forget set has sequences of 12 to 12 tokens, but the thresholds were measured on"
            + " sequences of 200 to 200; thresholds hold only for the length and order they were"
            + " measured for: measure new ones on text cut by UnseenText.cutLike(unseen, set)");
  }

  @Test
  void unseen_tooShort() {
    assertRefused(
        Unlearner.untilLike(Corpus.of(List.of(GOOD.head(5)))),
        ForgetSet.of(GOOD),
        "the longest unseen sequence (5 tokens) must be at least as long as the longest sequence of"
            + " the forget set (12 tokens)");
  }

  /** Its loss would be NaN before and after, and the model count as damaged in the end. */
  @Test
  void unseen_nothingToPredict() {
    assertThatThrownBy(
            () ->
                Unlearner.builder()
                    .unseen(Corpus.of(List.of(TokenSequence.of(1), TokenSequence.of(2))))
                    .stopWhen(progress -> Decision.forgotten("at once"))
                    .build()
                    .forget(model, ForgetSet.of(GOOD)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unseen");
  }

  /** Sequence 0 of what? The forget set is fine here. */
  @Test
  void unseen_idOutsideTheVocabulary() {
    int[] ids = GOOD.ids();
    ids[3] = 99;
    assertThatThrownBy(
            () ->
                Unlearner.untilLike(Corpus.of(List.of(TokenSequence.of(ids))))
                    .forget(model, ForgetSet.of(GOOD)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unseen");
  }

  @Test
  void unseen_unknownCharacter() {
    assertThatThrownBy(
            () ->
                Unlearner.untilLike(Corpus.ofTexts(List.of("abcabcabcabc", "abcXabcabcabc")))
                    .forget(model, ForgetSet.of(GOOD)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("text 1: ")
        .hasMessageEndingWith("character 3");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void weights_notFinite(float value) {
    NDArray weight = model.parameters().get("transformer.h.1.mlp.c_fc.weight");
    float[] values = weight.toFloatArray();
    values[17] = value;
    try (NDArray bad = model.manager().create(values, weight.getShape())) {
      TorchOps.get().copy(List.of(bad), List.of(weight));
    }
    assertRefused(
        NEVER_ASKED,
        ForgetSet.of(GOOD),
        "the model's weights must be finite, but the norm of tensor"
            + " transformer.h.1.mlp.c_fc.weight is not");
  }

  @Test
  void digestKey_short() {
    assertThatThrownBy(() -> RunOptions.builder().digestKey(new byte[15]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("digestKey must have at least 16 bytes, but had: 15");
  }

  @Test
  void argument_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> NEVER_ASKED.forget(null, ForgetSet.of(GOOD)))
        .withMessage("model");
    assertThatNullPointerException()
        .isThrownBy(() -> NEVER_ASKED.forget(model, null))
        .withMessage("set");
    assertThatNullPointerException()
        .isThrownBy(() -> NEVER_ASKED.forget(model, ForgetSet.of(GOOD), null))
        .withMessageContaining("options");
  }

  @Test
  void model_closed() {
    TrainableCausalLm closed = TinyModel.gpt2(1);
    closed.close();
    assertThatThrownBy(() -> NEVER_ASKED.forget(closed, ForgetSet.of(GOOD)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the model is closed");
  }

  private void assertRefused(Unlearner unlearner, ForgetSet set, String message) {
    String before = WeightsDigest.of(model);
    int arrays = model.manager().getManagedArrays().size();
    assertThatThrownBy(() -> unlearner.forget(model, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
    assertThat(model.manager().getManagedArrays()).hasSize(arrays);
  }
}
