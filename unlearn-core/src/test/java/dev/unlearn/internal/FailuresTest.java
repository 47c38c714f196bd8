package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class FailuresTest {
  @Test
  void summary_withoutAMessage() {
    assertThat(Failures.summary(new NegativeArraySizeException()))
        .isEqualTo("NegativeArraySizeException");
  }

  @Test
  void summary_afterATrace() {
    String message =
        """
        The following operation failed in the TorchScript interpreter.
        Traceback of TorchScript, serialized code (most recent call last):
          File "code/__torch__.py", line 8, in forward
        RuntimeError: index out of range in self
        """;

    assertThat(Failures.summary(new IllegalStateException(message)))
        .isEqualTo("RuntimeError: index out of range in self");
  }

  @Test
  void summary_withADeclaration() {
    String message =
        "forward() is missing value for argument 'mask'. Declaration: forward(Ids self, Tensor mask)";

    assertThat(Failures.summary(new IllegalStateException(message)))
        .isEqualTo("forward() is missing value for argument 'mask'");
  }

  @Test
  @Tag("engine")
  void isOutOfMemory_whatPyTorchSays() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      Throwable tooLarge = catchThrowable(() -> manager.zeros(new Shape(1L << 50)));
      Throwable negative = catchThrowable(() -> manager.zeros(new Shape(-1)));

      assertThat(Failures.isOutOfMemory(tooLarge)).as("%s", tooLarge).isTrue();
      assertThat(Failures.isOutOfMemory(negative)).as("%s", negative).isFalse();
    }
  }
}
