package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class PiecesTest {
  @Test
  void forEach_lastPieceIsShorter() {
    // 2^23 logits a piece: with 2^21 ids, 4 rows
    assertThat(pieces(10, 1 << 21)).containsExactly("0-4", "4-8", "8-10");
    assertThat(pieces(8, 1 << 21)).containsExactly("0-4", "4-8");
    assertThat(pieces(1, 1 << 21)).containsExactly("0-1");
  }

  @Test
  void forEach_smallVocabularyIsOnePiece() {
    assertThat(pieces(4096, 97)).containsExactly("0-4096");
  }

  @Test
  void forEach_vocabularyBeyondTheBudgetIsRowByRow() {
    assertThat(pieces(3, (1 << 23) + 1)).containsExactly("0-1", "1-2", "2-3");
  }

  @Test
  void forEach_noRows() {
    assertThat(pieces(0, 97)).isEmpty();
  }

  @Tag("engine")
  @Test
  void rows_areAViewOfTheFlattenedBatch() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      var flat = Pieces.flatten(manager.arange(24f).reshape(new Shape(2, 3, 4)));
      var rows = Pieces.rows(flat, 2, 4);

      assertThat(flat.getShape()).isEqualTo(new Shape(6, 4));
      assertThat(rows.toFloatArray()).containsExactly(8, 9, 10, 11, 12, 13, 14, 15);
      rows.muli(0);
      assertThat(flat.toFloatArray()).containsSequence(7, 0, 0, 0, 0, 0, 0, 0, 0, 16);
    }
  }

  private static List<String> pieces(long rows, int vocabularySize) {
    List<String> result = new ArrayList<>();
    Pieces.forLogits(rows, vocabularySize).forEach((begin, end) -> result.add(begin + "-" + end));
    return result;
  }
}
