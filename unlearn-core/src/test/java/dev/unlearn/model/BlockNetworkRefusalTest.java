package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import dev.unlearn.CausalLms;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Blocks that {@link CausalLms#wrap} refuses. */
@Tag("engine")
final class BlockNetworkRefusalTest {
  private final Model model = Model.newInstance("wrapped", Torch.ENGINE);

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void wrap_blockThatLooksAhead() {
    use(logits -> logits.add(logits.mean(new int[] {1}, true)));

    assertRefused("the block must be causal, but its logits at a position depend on later tokens");
  }

  @Test
  void wrap_blockThatIsNotDeterministic() {
    use(logits -> logits.add(logits.getManager().randomNormal(logits.getShape())));

    assertRefused(
        "the block must be deterministic, but gave different logits for the same ids; is dropout"
            + " on?");
  }

  @Test
  void wrap_logitsOfTheWrongShape() {
    use(logits -> logits.reshape(new Shape(-1, Bigrams.VOCABULARY)));
    assertRefused(
        "the block must map ids of shape (2, 3) to logits of shape (2, 3, vocabulary), but gave:"
            + " (6, 7)");

    use(logits -> logits.get(":, 1:"));
    assertRefused(
        "the block must map ids of shape (2, 3) to logits of shape (2, 3, vocabulary), but gave:"
            + " (2, 2, 7)");
  }

  @Test
  void wrap_blockWithoutParameters() {
    model.setBlock(LambdaBlock.singleton(ids -> ids.oneHot(Bigrams.VOCABULARY)));

    assertRefused(
        "the block must have parameters that are not frozen, but has none; a TorchScript model must"
            + " be loaded with option trainParam=true, and not be made by torch.jit.freeze");
  }

  @Test
  void wrap_parameterNotFloat32() {
    Bigrams block = new Bigrams(logits -> logits);
    block.initialize(model.getNDManager(), DataType.FLOAT64, new Shape(1, 3));
    model.setBlock(block);

    assertRefused("parameter table must be float32, but was: float64");
  }

  @Test
  void wrap_refusalLeavesNothingInTheModel() {
    use(logits -> logits.reshape(new Shape(-1, Bigrams.VOCABULARY)));
    int before = managed();

    for (int i = 0; i < 3; i++) {
      assertRefused(
          "the block must map ids of shape (2, 3) to logits of shape (2, 3, vocabulary), but gave:"
              + " (6, 7)");
    }

    assertThat(managed()).isEqualTo(before);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(
            () -> {
              TrainableCausalLm unused = CausalLms.wrap(model, new NoTokenizer(), Signature.ids(8));
            })
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private void use(UnaryOperator<NDArray> change) {
    Bigrams block = new Bigrams(change);
    block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3));
    model.setBlock(block);
  }

  private int managed() {
    return ((BaseNDManager) model.getNDManager()).getManagedArrays().size();
  }
}
