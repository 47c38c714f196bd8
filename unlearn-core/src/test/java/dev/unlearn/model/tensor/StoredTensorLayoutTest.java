package dev.unlearn.model.tensor;

import static dev.unlearn.model.tensor.Tensors.contiguous;
import static dev.unlearn.model.tensor.Tensors.strided;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where elements lie, which is asked without a file. */
final class StoredTensorLayoutTest {
  private final Path file = Path.of("none");

  @Test
  void isContiguous_byStrides() {
    long huge = 1L << 40;

    assertThat(contiguous(file, ElementType.F32, 0, 2, 3).strides()).containsExactly(3L, 1L);
    assertThat(contiguous(file, ElementType.F32, 0, 2, 3).isContiguous()).isTrue();
    assertThat(contiguous(file, ElementType.F32, 0, 0, huge, huge).isContiguous()).isTrue();
    assertThat(contiguous(file, ElementType.F32, 0).isContiguous()).isTrue();
    assertThat(strided(file, 0, List.of(1L, 3L), List.of(7L, 1L)).isContiguous()).isTrue();
    assertThat(strided(file, 0, List.of(2L, 3L), List.of(1L, 2L)).isContiguous()).isFalse();
    assertThat(strided(file, 0, List.of(2L), List.of(0L)).isContiguous()).isFalse();
    assertThat(strided(file, 0, List.of(2L, 0L), List.of(7L, 5L)).isContiguous()).isTrue();
  }

  @Test
  void end_isThatOfTheLastElement() {
    assertThat(contiguous(file, ElementType.F16, 10, 2, 3).end()).isEqualTo(22);
    assertThat(strided(file, 10, List.of(2L, 3L), List.of(10L, 1L)).end()).isEqualTo(10 + 4 * 13);
    assertThat(strided(file, 10, List.of(2L, 3L), List.of(10L, 1L)).byteCount()).isEqualTo(24);
    assertThat(strided(file, 10, List.of(5L), List.of(0L)).end()).isEqualTo(14);
    assertThat(contiguous(file, ElementType.F32, 10, 0, 3).end()).isEqualTo(10);
  }

  @Test
  void constructor_numbersThatDoNotFit() {
    long huge = 1L << 32;

    assertThatThrownBy(() -> strided(file, 0, List.of(2L), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("w must have a stride for each dimension of [2], but has: []");
    assertThatThrownBy(() -> strided(file, 0, List.of(-2L), List.of(1L)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dimensions and strides of w must be >= 0, but were: [-2], [1]");
    assertThatThrownBy(() -> strided(file, 0, List.of(2L), List.of(-1L)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dimensions and strides of w must be >= 0, but were: [2], [-1]");
    assertThatThrownBy(() -> strided(file, -1, List.of(2L), List.of(1L)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("position of w must be >= 0, but was: -1");
    assertThatThrownBy(() -> strided(file, 0, List.of(huge, huge), List.of(0L, 0L)))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> strided(file, 0, List.of(huge), List.of(huge)))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> strided(file, Long.MAX_VALUE, List.of(1L), List.of(1L)))
        .isInstanceOf(ArithmeticException.class);
  }
}
