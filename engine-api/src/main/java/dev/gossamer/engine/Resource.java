package dev.gossamer.engine;

/** Something that a workspace made and owns; it dies with that workspace. */
public interface Resource {

    /** Identity of the backend workspace that made this. Operands of ops must come from the workspace they run in or an ancestor. */
    Object owner();
}
