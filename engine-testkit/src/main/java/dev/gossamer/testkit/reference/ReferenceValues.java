package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Values;

/** The numbers of a space in one role. */
final class ReferenceValues implements Values {

    private final ReferenceSpace space;
    private final Role role;
    private float[] numbers;

    ReferenceValues(ReferenceSpace space, Role role) {
        this.space = space;
        this.role = role;
        this.numbers = new float[Math.toIntExact(space.nnz())];
    }

    @Override
    public Object owner() {
        return space.owner();
    }

    @Override
    public ReferenceSpace space() {
        return space;
    }

    @Override
    public Role role() {
        return role;
    }

    /** The numbers themselves, in canonical order. */
    float[] numbers() {
        return numbers;
    }

    /** Takes an array of {@code space().nnz()} numbers in canonical order. */
    void replace(float[] with) {
        numbers = with;
    }
}
